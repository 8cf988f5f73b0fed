import type { Clock } from "./clock.ts";

/** A moment by which something must have happened. */
export interface Deadline {
  /** Milliseconds left; 0 or less once it has passed. */
  leftMs(): number;
}

/**
 * A deadline `afterMs` from now that passes by whichever clock is ahead: the monotonic one does not count the
 * sleep of a machine, the wall clock may be set back.
 */
export function createDeadline(clock: Clock, afterMs: number): Deadline {
  const wallEndMs = clock.nowMs() + afterMs;
  const monotonicEndMs = clock.monotonicMs() + afterMs;
  return { leftMs: () => Math.min(wallEndMs - clock.nowMs(), monotonicEndMs - clock.monotonicMs()) };
}
