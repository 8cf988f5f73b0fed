import { Decimal } from "#money/decimal.ts";
import { RateGraph } from "./rate-graph.ts";
import type { RateStep } from "./rate-in-force.ts";
import { type RateProviderTerms, RateRanking, type Standing, standings } from "./rate-ranking.ts";
import { RateSeries } from "./rate-series.ts";
import {
  type FixedRate,
  FixedRates,
  fixedProviderIds,
  type RateSource,
  type SourcedRate,
} from "./rate-source.ts";
import { RatesAt } from "./rates-at.ts";

/** How a rate book decides. */
export interface RateBookTerms {
  /** In order of fallback: of those with a usable rate for a step the first wins. */
  readonly providers: readonly RateProviderTerms[];
  /** Currency through which rates are triangulated first. */
  readonly baseCurrency: string;
  /** Whether rates that came with the software may be used however old the software is. */
  readonly allowBundled: boolean;
}

/** What a provider published at one time. */
export interface Publication {
  readonly baseCurrency: string;
  /** Epoch milliseconds. */
  readonly publishedAtMs: number;
  /** Units of each currency for one of the base, decimals above 0 in the provider's digits. */
  readonly rates: ReadonlyMap<string, string>;
}

/** How a publication became known. */
export interface PublicationOrigin {
  /** Epoch milliseconds. */
  readonly fetchedAtMs: number;
  /** True if it came with the software. */
  readonly bundled: boolean;
}

/** Says of which sources rates are used, by provider id. */
export type SourceFilter = (providerId: string) => boolean;

/** Every known rate, and the rule which of them is used at a time. In memory; no clock of its own. */
export class RateBook {
  readonly #ranking: RateRanking;
  readonly #graph: RateGraph;
  /** `<provider>:<base>` → quote → series. */
  readonly #series = new Map<string, Map<string, RateSeries>>();
  /** Owner of fixed rates (`<source>:<pair or unit>`) → its sources. */
  readonly #fixed = new Map<string, readonly FixedRates[]>();

  constructor(terms: RateBookTerms) {
    this.#ranking = new RateRanking(terms.allowBundled);
    this.#graph = new RateGraph(terms.baseCurrency);
    this.setProviders(terms.providers);
  }

  /** Replaces the order of fallback and the terms; what was published stays. */
  setProviders(providers: readonly RateProviderTerms[]): void {
    this.#ranking.setProviders(providers);
  }

  /**
   * Adds what a provider published. Rates for the same time are replaced.
   *
   * @throws RangeError if there is no such provider, or a rate is not above 0; nothing is added.
   * @throws DecimalError if a rate is no decimal; nothing is added.
   */
  publish(providerId: string, publication: Publication, origin: PublicationOrigin): void {
    if (!this.#ranking.hasProvider(providerId))
      throw new RangeError(`the rate book has no provider ${providerId}`);
    const { baseCurrency, publishedAtMs, rates } = publication;
    for (const [currency, digits] of rates) {
      const value = Decimal.parse(digits);
      if (value.isZero() || value.isNegative())
        throw new RangeError(`${providerId} published ${digits} for ${currency}, which is not above 0`);
    }
    this.#ranking.notePublication(providerId, publishedAtMs);
    const { fetchedAtMs, bundled } = origin;
    const seriesOf = this.#seriesFrom(providerId, baseCurrency);
    for (const [currency, digits] of rates)
      seriesOf(currency).put({ publishedAtMs, fetchedAtMs, digits, bundled });
  }

  /** Replaces the rates that somebody set: of a pair for manual ones, of a unit for cost bases. */
  setFixedRates(source: keyof typeof fixedProviderIds, owner: string, rates: readonly FixedRate[]): void {
    const key = `${source}:${owner}`;
    for (const old of this.#fixed.get(key) ?? []) this.#graph.remove(old);
    const groups = Map.groupBy(
      rates,
      ({ baseCurrency, quoteCurrency }) => `${baseCurrency}>${quoteCurrency}`,
    );
    const sources = [...groups.values()].map(
      (group) => new FixedRates(fixedProviderIds[source], group as [FixedRate, ...FixedRate[]]),
    );
    for (const each of sources) this.#graph.add(each);
    this.#fixed.set(key, sources);
  }

  /**
   * The rates at a time, of one provider or of all that are enabled.
   *
   * @throws ExchangeError PROVIDER_NOT_FOUND.
   */
  at(atMs: number, providerId?: string): RatesAt {
    if (providerId === undefined) return this.atFrom(atMs, (id) => this.#ranking.isEnabled(id));
    this.requireSource(providerId);
    return this.atFrom(atMs, (id) => id === providerId);
  }

  /** The rates at a time, of the sources that pass. */
  atFrom(atMs: number, accepts: SourceFilter): RatesAt {
    return new RatesAt(this, atMs, accepts);
  }

  /** @throws ExchangeError PROVIDER_NOT_FOUND if neither a provider nor a kind of fixed rates has that name. */
  requireSource(providerId: string): void {
    this.#ranking.requireSource(providerId);
  }

  /** The last rate that a provider published for exactly this pair before a time. */
  lastBefore(providerId: string, base: string, quote: string, atMs: number): SourcedRate | undefined {
    return this.#series
      .get(`${providerId}:${base}`)
      ?.get(quote)
      ?.lastAt(atMs - 1);
  }

  /** When the newest rate of a provider for exactly this pair was published; undefined if there is none. */
  newestMs(providerId: string, base: string, quote: string): number | undefined {
    const series = this.#series.get(`${providerId}:${base}`)?.get(quote);
    return series?.lastAt(Number.POSITIVE_INFINITY)?.publishedAtMs;
  }

  /** The currencies one step away by any source, in order of preference. */
  neighboursOf(currency: string): readonly string[] {
    return this.#graph.neighboursOf(currency);
  }

  /** When a fixed rate next begins or ends after a time, epoch milliseconds; undefined if none does. */
  nextFixedChangeMs(atMs: number): number | undefined {
    const times = [...this.#fixed.values()].flat().flatMap((source) => source.nextChangeMs(atMs) ?? []);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** The best step from one currency to another at a time, if one is at least as good as `worst`. */
  stepBetween(
    from: string,
    to: string,
    atMs: number,
    worst: Standing,
    accepts: SourceFilter,
  ): RateStep | undefined {
    let best: { source: RateSource; rate: SourcedRate; rank: number } | undefined;
    for (const source of this.#graph.between(from, to)) {
      if (!accepts(source.providerId)) continue;
      const rate = source.lastAt(atMs);
      if (rate === undefined) continue;
      const standing = standings.indexOf(this.#ranking.standingOf(source, rate, atMs));
      if (standing > standings.indexOf(worst)) continue;
      const rank = standing * 1e6 + this.#ranking.orderOf(source) * 2 + Number(source.baseCurrency !== from);
      if (best === undefined || rank < best.rank) best = { source, rate, rank };
    }
    return best && this.#step(best.source, best.rate, best.source.baseCurrency !== from);
  }

  /**
   * When a rate between two currencies last ceased to be usable without a newer one in its place, at that
   * time or before; epoch milliseconds.
   */
  lastLapseMs(from: string, to: string, atMs: number, accepts: SourceFilter): number | undefined {
    let last: number | undefined;
    for (const source of this.#graph.between(from, to)) {
      if (!accepts(source.providerId)) continue;
      const lapse = this.#ranking.lapseOf(source, atMs);
      if (lapse !== undefined && (last === undefined || lapse > last)) last = lapse;
    }
    return last;
  }

  #step(source: RateSource, rate: SourcedRate, inverted: boolean): RateStep {
    const { baseCurrency, quoteCurrency, providerId } = source;
    return {
      baseCurrency,
      quoteCurrency,
      publishedRate: rate.digits,
      inverted,
      providerId,
      publishedAtMs: rate.publishedAtMs,
      fetchedAtMs: rate.fetchedAtMs,
      bundled: rate.bundled,
      usableUntilMs: this.#ranking.endOf(source, rate),
      override: source instanceof FixedRates ? (rate as FixedRate).override : undefined,
    };
  }

  /** The series of a provider's base currency, by quote; made where there is none yet. */
  #seriesFrom(providerId: string, baseCurrency: string): (quoteCurrency: string) => RateSeries {
    const key = `${providerId}:${baseCurrency}`;
    const byQuote = this.#series.get(key) ?? new Map<string, RateSeries>();
    this.#series.set(key, byQuote);
    return (quoteCurrency) => {
      const known = byQuote.get(quoteCurrency);
      if (known !== undefined) return known;
      const series = new RateSeries(providerId, baseCurrency, quoteCurrency);
      byQuote.set(quoteCurrency, series);
      this.#graph.add(series);
      return series;
    };
  }
}
