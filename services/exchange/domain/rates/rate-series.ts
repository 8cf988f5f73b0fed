import type { RateSource, SourcedRate } from "./rate-source.ts";

/** What one provider published for one pair, over time. */
export class RateSeries implements RateSource {
  readonly providerId: string;
  readonly baseCurrency: string;
  readonly quoteCurrency: string;
  /** Oldest first, one for each time. */
  readonly #rates: SourcedRate[] = [];

  constructor(providerId: string, baseCurrency: string, quoteCurrency: string) {
    this.providerId = providerId;
    this.baseCurrency = baseCurrency;
    this.quoteCurrency = quoteCurrency;
  }

  /** Adds a rate; one published at the same time is replaced. */
  put(rate: SourcedRate): void {
    const index = countUntil(this.#rates, publishedAtOf, rate.publishedAtMs);
    const replaces = this.#rates[index - 1]?.publishedAtMs === rate.publishedAtMs;
    this.#rates.splice(replaces ? index - 1 : index, replaces ? 1 : 0, rate);
  }

  /** The last one published at that time or before. */
  lastAt(atMs: number): SourcedRate | undefined {
    return this.#rates[countUntil(this.#rates, publishedAtOf, atMs) - 1];
  }
}

/** How many of the items, which stand in order of time, lie at `atMs` or before. */
export function countUntil<T>(items: readonly T[], timeOf: (item: T) => number, atMs: number): number {
  const last = items.at(-1);
  // Nearly every question is about now, and nearly every addition is the newest.
  if (last === undefined || timeOf(last) <= atMs) return items.length;
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timeOf(items[middle]!) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function publishedAtOf(rate: SourcedRate): number {
  return rate.publishedAtMs;
}
