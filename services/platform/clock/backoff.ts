/** How long to wait after failures. */
export interface Backoff {
  /** Wait after the first failure in milliseconds; each further one doubles it. */
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * Wait in milliseconds after `failures` (1 or more) in a row: doubled each time up to the maximum, of which a
 * random quarter is taken away, so that those who failed together don't come back together.
 */
export function backoffMs(failures: number, { firstMs, maxMs }: Backoff): number {
  return Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 30)) * (1 - Math.random() / 4);
}
