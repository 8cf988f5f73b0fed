import type { Rate } from "#gen/billing/type/v1/rate_pb.ts";
import { Decimal } from "#money/decimal.ts";
import { CoreError } from "./core-error.ts";
import type { PriceLock } from "./price-lock.ts";
import type { Quote, RateSource } from "./rating-peers.ts";

/** What is to be converted, and what the caller and the hold say about its rate. */
export interface RateRequest {
  readonly accountId: string;
  readonly fromCurrency: string;
  /** What is to be converted, decimal. */
  readonly amount: string;
  /** The account's currency. */
  readonly toCurrency: string;
  /** Empty for none. */
  readonly quoteId: string;
  /** The hold that is settled; undefined for a new debit or credit. */
  readonly hold: Hold | undefined;
}

/** A hold as far as it fixes prices and rates. */
export interface Hold {
  readonly lock: PriceLock;
  readonly createdAtMs: number;
}

/** The rate of a call, and the quote that it uses. */
export interface CallRate {
  /** Undefined when no conversion is needed. */
  readonly rate: Rate | undefined;
  /** Undefined unless the call itself uses one: what settles a hold uses none again. */
  readonly quote: Quote | undefined;
}

/**
 * The rate at which a call converts: the one that its hold has fixed, else a quote's, else the current one (for a
 * hold's settling that of its creation). A quote must be for this direction and amount: QUOTE_NOT_APPLICABLE. Its
 * time and its uses the ledger checks when it records the use.
 */
export async function findCallRate(rates: RateSource, request: RateRequest): Promise<CallRate> {
  const { accountId, fromCurrency, amount, toCurrency, quoteId, hold } = request;
  if (fromCurrency === toCurrency) {
    if (quoteId !== "") throw quoteNotApplicable(`a quote converts, and the price is in ${toCurrency}`);
    return { rate: undefined, quote: undefined };
  }
  const locked = hold?.lock.rate;
  if (locked?.fromCurrency === fromCurrency) {
    if (quoteId !== "" && quoteId !== locked.quoteId)
      throw quoteNotApplicable("the hold has fixed another rate");
    return { rate: locked, quote: undefined };
  }
  const asOfMs = quoteId === "" ? hold?.createdAtMs : undefined;
  const { rate, quote } = await rates.rate({ fromCurrency, toCurrency, accountId, quoteId, asOfMs });
  requireWithin(amount, quote?.maxAmount ?? "");
  return { rate, quote };
}

/** QUOTE_NOT_APPLICABLE if an amount is more than a quote promised to convert; an empty bound is none. */
export function requireWithin(amount: string, maxAmount: string): void {
  if (maxAmount === "" || Decimal.parse(amount).compare(Decimal.parse(maxAmount)) <= 0) return;
  throw quoteNotApplicable(`the quote converts at most ${maxAmount} at once`, { max_amount: maxAmount });
}

function quoteNotApplicable(message: string, metadata: Record<string, string> = {}): CoreError {
  return new CoreError("QUOTE_NOT_APPLICABLE", message, { metadata });
}
