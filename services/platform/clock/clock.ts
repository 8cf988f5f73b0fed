/** What tells the time and wakes up later; tests put one in its place that they turn by hand. */
export interface Clock {
  /** The time of day in epoch milliseconds; may step forth and back. */
  nowMs(): number;
  /** Milliseconds since some moment; never steps back, and may stand still while the machine sleeps. */
  monotonicMs(): number;
  /** Calls back once, after at least `delayMs` of the monotonic time (at most 2⁵³; below 0 is 0). */
  setTimer(delayMs: number, callback: () => void): ClockTimer;
}

/** A callback that is due. */
export interface ClockTimer {
  /** Does nothing once it has been called back. */
  cancel(): void;
}

/** setTimeout takes no more and would call back at once. */
const longestTimeoutMs = 2 ** 31 - 1;

/** The clock of the system. A timer alone does not keep the process running. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(delayMs, callback) {
    const dueMs = performance.now() + delayMs;
    let timer: NodeJS.Timeout;
    const arm = () => {
      const leftMs = dueMs - performance.now();
      timer =
        leftMs > longestTimeoutMs
          ? setTimeout(arm, longestTimeoutMs)
          : // Rounded up, since setTimeout drops fractions and would call back too early.
            setTimeout(end, Math.max(0, Math.ceil(leftMs)));
      timer.unref();
    };
    // setTimeout counts from the whole millisecond before now, and so may come up to one too early all the same.
    const end = () => (performance.now() < dueMs ? arm() : callback());
    arm();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Resolves after `delayMs`, or as soon as `signal` is aborted; the caller looks at the signal. */
export function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = () => {
      timer.cancel();
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = clock.setTimer(delayMs, end);
    signal?.addEventListener("abort", end);
  });
}
