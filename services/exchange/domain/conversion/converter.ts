import { Decimal } from "#money/decimal.ts";
import type { RoundingMode } from "#money/rounding.ts";
import { ExchangeError } from "../exchange-error.ts";
import type { ExchangeState } from "../exchange-state.ts";
import { pointInTime } from "../rates/point-in-time.ts";
import type { ExactRate, RateInForce } from "../rates/rate-in-force.ts";
import type { RatesAt } from "../rates/rates-at.ts";
import { type ConvertedAmount, convertAmount } from "./conversion.ts";
import { type Quote, requireUsableQuote } from "./quote.ts";

/** One conversion that is asked for. */
export interface ConversionQuery {
  readonly fromCurrency: string;
  readonly toCurrency: string;
  /** Signed decimal in the major unit; empty asks for the rate alone. */
  readonly amount: string;
  /** The rate in force at this time, epoch milliseconds; undefined means now. */
  readonly asOfMs: number | undefined;
  /** A quote that fixes the rate; undefined means none. */
  readonly quoteId: string | undefined;
  /** Account that the conversion concerns; empty means none. */
  readonly accountId: string;
  /** Undefined digits mean the minor digits of the currency converted to. */
  readonly rounding: {
    readonly digits: number | undefined;
    readonly mode: RoundingMode;
    readonly allowZero: boolean;
  };
  /** True leaves the result unrounded. */
  readonly exact: boolean;
}

/** A conversion and the rate that it used. */
export interface Conversion {
  readonly rate: ExactRate;
  /** Facts about the rate; undefined under a quote. */
  readonly rateInForce: RateInForce | undefined;
  /** The quote that fixed the rate; undefined when none did. */
  readonly quote: Quote | undefined;
  /** Undefined when no amount was asked. */
  readonly amount: ConvertedAmount | undefined;
}

/** What a conversion needs to know. */
export interface ConverterParts {
  readonly state: Pick<ExchangeState, "book" | "currencies">;
  /** The quotes that the queries name, as far as they exist; an error if they cannot be known now. */
  readonly quotes: ReadonlyMap<string, Quote> | ExchangeError;
  /** The account that the caller is bound to; undefined if to none. */
  readonly callerAccount: string | undefined;
  /** The time of the call, epoch milliseconds. */
  readonly nowMs: number;
}

/** Converts the lines of one call; all of them see the same now. */
export class Converter {
  readonly #parts: ConverterParts;
  readonly #ratesByTime = new Map<number, RatesAt>();

  constructor(parts: ConverterParts) {
    this.#parts = parts;
  }

  /**
   * @throws ExchangeError CURRENCY_UNKNOWN, QUOTE_NOT_FOUND, QUOTE_NOT_APPLICABLE, QUOTE_EXPIRED,
   * TIME_OUT_OF_RANGE, RATE_STALE, RATE_UNAVAILABLE, AMOUNT_OVERFLOW, AMOUNT_BECOMES_ZERO.
   */
  convert(query: ConversionQuery): Conversion {
    const { state, nowMs } = this.#parts;
    const from = state.currencies.require(query.fromCurrency);
    const to = state.currencies.require(query.toCurrency);
    const amount = query.amount === "" ? undefined : Decimal.parse(query.amount);
    const quote = this.#quoteOf(query, amount);
    const rateInForce =
      quote === undefined
        ? this.#ratesAt(pointInTime(query.asOfMs, nowMs)).find(from.code, to.code)
        : undefined;
    const rate = quote?.rate ?? rateInForce!;
    if (amount === undefined) return { rate, rateInForce, quote, amount: undefined };
    const rounding = query.exact
      ? undefined
      : { ...query.rounding, digits: query.rounding.digits ?? to.minorDigits };
    return { rate, rateInForce, quote, amount: convertAmount(amount, rate.factor, rounding) };
  }

  #quoteOf(query: ConversionQuery, amount: Decimal | undefined): Quote | undefined {
    const { quotes, callerAccount, nowMs } = this.#parts;
    const { quoteId, fromCurrency, toCurrency, accountId } = query;
    if (quoteId === undefined) return undefined;
    if (quotes instanceof ExchangeError) throw quotes;
    const accounts = [callerAccount, accountId || undefined];
    return requireUsableQuote(quotes.get(quoteId), { fromCurrency, toCurrency, amount, accounts, nowMs });
  }

  #ratesAt(atMs: number): RatesAt {
    let rates = this.#ratesByTime.get(atMs);
    if (rates === undefined) {
      rates = this.#parts.state.book.at(atMs);
      this.#ratesByTime.set(atMs, rates);
    }
    return rates;
  }
}
