/** A use of a quote, to be recorded with the entry that it is for. */
export interface QuoteUse {
  readonly quoteId: string;
  /** How often the account may use it; 0 means without bound. */
  readonly maxUses: number;
  /** First moment at which it may be used no more, epoch milliseconds. */
  readonly expiresMs: number;
}

/** A use as functions take it (functions/quote.lua). */
export function quoteArgument(use: QuoteUse | undefined): string {
  return use === undefined ? "" : `${use.quoteId},${use.maxUses},${use.expiresMs}`;
}
