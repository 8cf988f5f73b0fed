/** A rate that an operator set. It wins over every provider while it holds. Times in epoch milliseconds. */
export interface RateOverride {
  /** Currency of which one unit is converted. */
  readonly baseCurrency: string;
  readonly quoteCurrency: string;
  /** Units of the quote currency for one of the base, as given. */
  readonly rate: string;
  readonly effectiveFromMs: number;
  /** First moment at which it holds no more; undefined means until it is cleared. */
  readonly endsAtMs: number | undefined;
  readonly configVersion: number;
  readonly comment: string;
  readonly createdBy: string;
  readonly createdAtMs: number;
}
