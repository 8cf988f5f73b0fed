import { type Backoff, backoffMs } from "../clock/backoff.ts";
import { type Clock, pause, systemClock } from "../clock/clock.ts";
import type { Timetable } from "./timetable.ts";

/** What runs, and when. */
export interface ScheduleOptions {
  readonly timetable: Timetable;
  /**
   * The job. `signal` is aborted when it takes too long or the schedule is stopped; a run that ignores it delays
   * the next one, since two never overlap.
   */
  run(signal: AbortSignal): Promise<void>;
  /** A run comes up to so many milliseconds after its slot, at random. Default 0. */
  readonly jitterMs?: number;
  /** Longest time of a run; then it counts as failed. */
  readonly maxRunMs: number;
  /** After a failed run the next comes after this wait instead of at its slot. */
  readonly retry: Backoff;
  /**
   * Up to when runs have been made, in epoch milliseconds: if there was a slot since, one run makes up for it at
   * once. Default: now; 0 means that the first run begins at once.
   */
  readonly doneUntilMs?: number;
  /** Told why a run failed. */
  readonly onError: (error: unknown) => void;
  readonly clock?: Clock;
}

/** A schedule at work. */
export interface Schedule {
  /** When the next run begins, in epoch milliseconds; while one is under way, when that one was due. */
  nextRunAtMs(): number;
  /** Aborts the run under way, waits for its end, and begins no other. */
  stop(): Promise<void>;
}

/** A timer of the system stands still while the machine sleeps, so the time of day is looked at this often. */
const longestWaitMs = 15_000;

/**
 * Runs a job at the slots of a timetable. Slots that were slept through are made up for by one run; slots that
 * pass during a run are left out.
 */
export function startSchedule(options: ScheduleOptions): Schedule {
  const { clock = systemClock, jitterMs = 0, timetable } = options;
  const stopping = new AbortController();
  let failures = 0;
  const slotAfter = (afterMs: number) => timetable(afterMs) + Math.random() * jitterMs;
  let dueMs = slotAfter(options.doneUntilMs ?? clock.nowMs());

  const waitUntilDue = async () => {
    for (let seenMs = clock.nowMs(); ; seenMs = clock.nowMs()) {
      const leftMs = dueMs - seenMs;
      if (leftMs <= 0 || stopping.signal.aborted) return;
      await pause(clock, Math.min(leftMs, longestWaitMs), stopping.signal);
      // A clock that was set back must not delay the job by as much.
      if (clock.nowMs() < seenMs) dueMs = Math.min(dueMs, slotAfter(clock.nowMs()));
    }
  };
  const runOnce = async () => {
    try {
      await runBounded(options, clock, stopping.signal);
      failures = 0;
      dueMs = slotAfter(clock.nowMs());
    } catch (error) {
      if (stopping.signal.aborted) return;
      options.onError(error);
      failures += 1;
      dueMs = clock.nowMs() + backoffMs(failures, options.retry);
    }
  };
  const work = async () => {
    for (;;) {
      await waitUntilDue();
      if (stopping.signal.aborted) return;
      await runOnce();
    }
  };

  const ended = work();
  return {
    nextRunAtMs: () => dueMs,
    async stop() {
      stopping.abort(new DOMException("the schedule was stopped", "AbortError"));
      await ended;
    },
  };
}

/** One run, which has failed if it took too long, whatever came of it. */
async function runBounded(options: ScheduleOptions, clock: Clock, stopping: AbortSignal): Promise<void> {
  const timeout = new AbortController();
  const timer = clock.setTimer(options.maxRunMs, () =>
    timeout.abort(new DOMException(`the run took longer than ${options.maxRunMs} ms`, "TimeoutError")),
  );
  try {
    await options.run(AbortSignal.any([stopping, timeout.signal]));
  } catch (error) {
    throw timeout.signal.aborted ? timeout.signal.reason : error;
  } finally {
    timer.cancel();
  }
  timeout.signal.throwIfAborted();
}
