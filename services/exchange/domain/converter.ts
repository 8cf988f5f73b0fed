import { Decimal } from "#money/decimal.ts";
import type { RoundingMode } from "#money/rounding.ts";
import { type ConvertedAmount, convertAmount } from "./conversion.ts";
import type { ExchangeState } from "./exchange-state.ts";
import { pointInTime } from "./point-in-time.ts";
import { quoteNotFound } from "./quote-not-found.ts";
import type { RateInForce } from "./rate-in-force.ts";
import type { RatesAt } from "./rates-at.ts";

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
  readonly rate: RateInForce;
  /** Undefined when no amount was asked. */
  readonly amount: ConvertedAmount | undefined;
}

/** What a conversion needs to know. */
export interface ConverterParts {
  readonly state: Pick<ExchangeState, "book" | "currencies">;
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
   * @throws ExchangeError CURRENCY_UNKNOWN, QUOTE_NOT_FOUND, TIME_OUT_OF_RANGE, RATE_STALE,
   * RATE_UNAVAILABLE, AMOUNT_OVERFLOW, AMOUNT_BECOMES_ZERO.
   */
  convert(query: ConversionQuery): Conversion {
    const { state, nowMs } = this.#parts;
    const { currencies } = state;
    const from = currencies.require(query.fromCurrency);
    const to = currencies.require(query.toCurrency);
    // No quote exists, so no id names one.
    if (query.quoteId !== undefined) throw quoteNotFound();
    const rate = this.#ratesAt(pointInTime(query.asOfMs, nowMs)).find(from.code, to.code);
    if (query.amount === "") return { rate, amount: undefined };
    const rounding = query.exact
      ? undefined
      : { ...query.rounding, digits: query.rounding.digits ?? to.minorDigits };
    return { rate, amount: convertAmount(Decimal.parse(query.amount), rate.factor, rounding) };
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
