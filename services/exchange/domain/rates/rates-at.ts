import { ExchangeError } from "../exchange-error.ts";
import type { RateBook, SourceFilter } from "./rate-book.ts";
import { oldestStep, type RateInForce, type RateStep, rateInForce } from "./rate-in-force.ts";
import { findShortestPath } from "./rate-path.ts";
import type { Standing } from "./rate-ranking.ts";

/** The rates at one time. Each pair is looked for once, so that a batch at one time costs little. */
export class RatesAt {
  readonly atMs: number;
  readonly #book: RateBook;
  readonly #accepts: SourceFilter;
  readonly #found = new Map<string, RateInForce | ExchangeError>();

  constructor(book: RateBook, atMs: number, accepts: SourceFilter) {
    this.atMs = atMs;
    this.#book = book;
    this.#accepts = accepts;
  }

  /**
   * The rate of a pair: 1 for equal currencies, else over the shortest path of usable rates. One that came
   * with the software is used beyond its age only where no path of fresh rates leads.
   *
   * @throws ExchangeError RATE_STALE if every path has a rate that is too old, RATE_UNAVAILABLE without any.
   */
  find(fromCurrency: string, toCurrency: string): RateInForce {
    const found = this.look(fromCurrency, toCurrency);
    if (found instanceof ExchangeError) throw found;
    return found;
  }

  /** As {@link find}, but gives the error back. */
  look(fromCurrency: string, toCurrency: string): RateInForce | ExchangeError {
    const pair = `${fromCurrency}>${toCurrency}`;
    let found = this.#found.get(pair);
    if (found === undefined) {
      found = this.#search(fromCurrency, toCurrency);
      this.#found.set(pair, found);
    }
    return found;
  }

  /** The last rate of a pair however old it is, for comparison only; undefined if there never was one. */
  lastKnown(fromCurrency: string, toCurrency: string): RateInForce | undefined {
    const steps =
      this.#path(fromCurrency, toCurrency, "fresh") ??
      this.#path(fromCurrency, toCurrency, "exempt") ??
      this.#path(fromCurrency, toCurrency, "stale");
    return steps && rateInForce(fromCurrency, toCurrency, steps, this.atMs);
  }

  #search(from: string, to: string): RateInForce | ExchangeError {
    if (from === to) return rateInForce(from, to, [], this.atMs);
    const usable = this.#path(from, to, "fresh") ?? this.#path(from, to, "exempt");
    if (usable !== undefined) return rateInForce(from, to, usable, this.atMs);
    const stale = this.#path(from, to, "stale");
    return stale === undefined ? unavailable(from, to) : tooOld(from, to, stale);
  }

  #path(from: string, to: string, worst: Standing): readonly RateStep[] | undefined {
    return findShortestPath(
      from,
      to,
      (currency) => this.#book.neighboursOf(currency),
      (start, end) => this.#book.stepBetween(start, end, this.atMs, worst, this.#accepts),
    );
  }
}

function unavailable(from: string, to: string): ExchangeError {
  return new ExchangeError("RATE_UNAVAILABLE", `there is no rate from ${from} to ${to}`, {
    metadata: { from_currency: from, to_currency: to },
  });
}

function tooOld(from: string, to: string, steps: readonly RateStep[]): ExchangeError {
  const publishedAt = new Date(oldestStep(steps)?.publishedAtMs ?? 0).toISOString();
  return new ExchangeError(
    "RATE_STALE",
    `the latest rate from ${from} to ${to} is of ${publishedAt}, older than allowed`,
    { metadata: { from_currency: from, to_currency: to, published_at: publishedAt } },
  );
}
