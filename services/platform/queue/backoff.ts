/** How long a failed message waits before its next attempt. */
export interface BackoffPolicy {
  /** Wait after the first attempt, in milliseconds; it doubles with each further one. */
  readonly baseMs: number;
  /** Longest wait, in milliseconds. */
  readonly maxMs: number;
}

/**
 * The wait after attempt number `attempt` (1 is the first): between half of the doubled wait and all of it, so
 * that messages that failed together do not come again together. `random` is in [0, 1).
 */
export function backoffMs(attempt: number, { baseMs, maxMs }: BackoffPolicy, random: number): number {
  // 2^31 exceeds every sensible ratio of the two bounds; beyond 2^1023 the product would be infinite.
  const fullMs = Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, 31));
  return Math.round(fullMs * (0.5 + random / 2));
}
