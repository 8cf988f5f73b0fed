import type { Rate } from "#gen/billing/type/v1/rate_pb.ts";

/** A price that a hold has fixed. */
export interface LockedPrice {
  readonly priceId: string;
  readonly priceVersion: string;
  readonly priceBook: string;
  readonly currency: string;
  /** Selects time windows, epoch milliseconds. */
  readonly atMs: number;
}

/** What a hold fixes for its settling. */
export interface PriceLock {
  /** Empty for a hold by amount, which fixes the rate only. */
  readonly prices: readonly LockedPrice[];
  /** Undefined when no conversion was needed. */
  readonly rate: Rate | undefined;
  /** Most that a quote promised to convert at that rate, decimal; empty means no bound. */
  readonly maxAmount: string;
}

/** What a hold fixes whose amount was named in the account's own currency. */
export const noLock: PriceLock = { prices: [], rate: undefined, maxAmount: "" };
