import { CoreError, type CoreReason } from "../core-error.ts";

/** What says that a time was over when a call came. */
const tooLate: ReadonlySet<string> = new Set<CoreReason>([
  "TIME_OUT_OF_RANGE",
  "QUOTE_EXPIRED",
  "RESERVATION_EXPIRED",
  // Of a grant that ran out.
  "INSUFFICIENT_FUNDS",
]);
const longestMs = 60_000;

/**
 * Runs what has to come before a time so many ms ahead; on a machine that is too slow for that, again with twice
 * as many.
 */
export async function inTime<T>(firstMs: number, run: (aheadMs: number) => Promise<T>): Promise<T> {
  for (let aheadMs = firstMs; ; aheadMs *= 2) {
    try {
      return await run(aheadMs);
    } catch (error) {
      if (!(error instanceof CoreError && tooLate.has(error.reason)) || aheadMs > longestMs) throw error;
    }
  }
}
