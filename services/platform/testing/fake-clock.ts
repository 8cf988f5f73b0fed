import type { Clock } from "../clock/clock.ts";
import { waitUntil } from "./eventually.ts";

/** A clock that stands still until the test turns it. */
export interface FakeClock extends Clock {
  /**
   * Turns the clock, stopping at each timer on the way: it is called back at its own time, and what it set off
   * runs (promises, immediates) before time goes on.
   */
  advance(ms: number): Promise<void>;
  /**
   * The time that a paused process missed: nothing is called back on the way, then all that is overdue at once,
   * in its order.
   */
  jump(ms: number): Promise<void>;
  /** As {@link jump}, but before any timer is called back: what a process sees first when it goes on. */
  jumpSilently(ms: number): void;
  /** Sets the time of day forth or back; timers go by the monotonic time and don't notice. */
  stepWallClock(ms: number): void;
  /** Timers that wait. */
  readonly timerCount: number;
  /** Resolves when at least `count` timers wait: for code that does real input and output in between. */
  waitForTimers(count?: number): Promise<void>;
}

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** A clock that shows `startMs` (epoch milliseconds; default 2026-01-01T00:00:00Z) until it is turned. */
export function createFakeClock(startMs: number = Date.UTC(2026, 0, 1)): FakeClock {
  let monotonicMs = 0;
  let wallOffsetMs = startMs;
  const timers = new Set<Timer>();
  const earliestBy = (untilMs: number): Timer | undefined => {
    let earliest: Timer | undefined;
    for (const timer of timers) {
      if (timer.dueMs <= untilMs && timer.dueMs < (earliest?.dueMs ?? Number.POSITIVE_INFINITY))
        earliest = timer;
    }
    return earliest;
  };
  const runUntil = async (untilMs: number) => {
    await settle();
    for (let timer = earliestBy(untilMs); timer !== undefined; timer = earliestBy(untilMs)) {
      timers.delete(timer);
      monotonicMs = Math.max(monotonicMs, timer.dueMs);
      timer.callback();
      await settle();
    }
    monotonicMs = Math.max(monotonicMs, untilMs);
    await settle();
  };
  return {
    nowMs: () => wallOffsetMs + monotonicMs,
    monotonicMs: () => monotonicMs,
    setTimer(delayMs, callback) {
      const timer = { dueMs: monotonicMs + Math.max(0, delayMs), callback };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
    advance: (ms) => runUntil(monotonicMs + ms),
    jump(ms) {
      monotonicMs += ms;
      return runUntil(monotonicMs);
    },
    jumpSilently(ms) {
      monotonicMs += ms;
    },
    stepWallClock(ms) {
      wallOffsetMs += ms;
    },
    get timerCount() {
      return timers.size;
    },
    waitForTimers: (count = 1) =>
      waitUntil(`${count} timers of the fake clock wait`, () => timers.size >= count),
  };
}

/** Lets promises run whose parts are done; a few turns, since one may set off an immediate. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
