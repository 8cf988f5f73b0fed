/** How long to wait after failures. */
export interface Backoff {
  /** Wait after the first failure in milliseconds; each further one doubles it. */
  readonly firstMs: number;
  /** Longest wait in milliseconds. */
  readonly maxMs: number;
}

/** 2³¹ exceeds every sensible ratio of the two bounds; beyond 2¹⁰²³ the product would be infinite. */
const mostDoublings = 31;

/**
 * Wait in milliseconds after `failures` (1 or more) in a row: the doubled wait, at most `maxMs`, of which up to a
 * half is taken away, so that those who failed together don't come back together. `random` is in [0, 1).
 */
export function backoffMs(failures: number, { firstMs, maxMs }: Backoff, random = Math.random()): number {
  const fullMs = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, mostDoublings));
  return fullMs * (1 - random / 2);
}
