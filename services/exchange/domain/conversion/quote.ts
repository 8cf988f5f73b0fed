import { Decimal } from "#money/decimal.ts";
import { Ratio } from "#money/ratio.ts";
import type { QuoteRecord } from "../../store/quote-store.ts";
import { ExchangeError } from "../exchange-error.ts";
import { type ExactRate, exactRate } from "../rates/rate-in-force.ts";

/** A rate that is promised to one account, in one direction, for a time. Times in epoch milliseconds. */
export interface Quote {
  readonly quoteId: string;
  readonly accountId: string;
  /** With the spread in its factor. */
  readonly rate: ExactRate;
  /** Part of the amount that is kept, decimal from 0 to below 1. */
  readonly spread: string;
  /** Largest amount of one use, in the currency converted from; empty means no bound. */
  readonly maxAmount: string;
  /** 0 means without bound. Core counts. */
  readonly maxUses: number;
  readonly createdAtMs: number;
  /** First moment at which it may be used no more. */
  readonly expiresAtMs: number;
  readonly createdBy: string;
}

/** The quote that a record keeps. */
export function quoteOf(record: QuoteRecord): Quote {
  const { quoteId, accountId, fromCurrency, toCurrency, steps, spread } = record;
  const { maxAmount, maxUses, createdAtMs, expiresAtMs, createdBy } = record;
  const kept = Ratio.fromDecimal(Decimal.one.subtract(Decimal.parse(spread)));
  const rate = exactRate(fromCurrency, toCurrency, steps, kept);
  return { quoteId, accountId, rate, spread, maxAmount, maxUses, createdAtMs, expiresAtMs, createdBy };
}

/** One use of a quote. */
export interface QuoteUse {
  readonly fromCurrency: string;
  readonly toCurrency: string;
  /** Undefined asks for the rate alone. */
  readonly amount: Decimal | undefined;
  /** Account that it concerns, and the one that the caller is bound to; undefined means any. */
  readonly accounts: ReadonlyArray<string | undefined>;
  readonly nowMs: number;
}

/**
 * Checks that a quote may be used so, as far as Exchange knows: how often it was used, Core knows.
 *
 * @throws ExchangeError QUOTE_NOT_FOUND for another account's, QUOTE_NOT_APPLICABLE, QUOTE_EXPIRED.
 */
export function requireUsableQuote(quote: Quote | undefined, use: QuoteUse): Quote {
  const isForeign = use.accounts.some((account) => account !== undefined && account !== quote?.accountId);
  if (quote === undefined || isForeign) throw quoteNotFound();
  const { fromCurrency, toCurrency } = quote.rate;
  if (fromCurrency !== use.fromCurrency || toCurrency !== use.toCurrency)
    throw notApplicable(quote, `is for ${fromCurrency} to ${toCurrency}`);
  if (use.nowMs >= quote.expiresAtMs)
    throw new ExchangeError(
      "QUOTE_EXPIRED",
      `the quote expired at ${new Date(quote.expiresAtMs).toISOString()}`,
    );
  if (quote.maxAmount !== "" && use.amount !== undefined) {
    const magnitude = use.amount.isNegative() ? use.amount.negate() : use.amount;
    if (magnitude.compare(Decimal.parse(quote.maxAmount)) > 0)
      throw notApplicable(quote, `is for at most ${quote.maxAmount} ${fromCurrency}`);
  }
  return quote;
}

/** The refusal of a quote that does not exist, and so of a foreign one: they look alike. */
export function quoteNotFound(): ExchangeError {
  return new ExchangeError("QUOTE_NOT_FOUND", "there is no such quote for this account");
}

function notApplicable({ rate, maxAmount }: Quote, why: string): ExchangeError {
  return new ExchangeError("QUOTE_NOT_APPLICABLE", `the quote ${why}`, {
    metadata: {
      from_currency: rate.fromCurrency,
      to_currency: rate.toCurrency,
      ...(maxAmount === "" ? {} : { max_amount: maxAmount }),
    },
  });
}
