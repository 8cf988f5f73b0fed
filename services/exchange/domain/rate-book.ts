import { Decimal } from "#money/decimal.ts";
import { ExchangeError } from "./exchange-error.ts";
import type { RateStep } from "./rate-in-force.ts";
import { countUntil, type PublishedRate, RateSeries } from "./rate-series.ts";
import { RatesAt } from "./rates-at.ts";

/** A provider as the rate book treats it. */
export interface RateProviderTerms {
  readonly providerId: string;
  /** Age from which its rates are refused, counted from when they were published. */
  readonly maxAgeMs: number;
}

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

/**
 * How good a published rate is at a time. `fresh`: younger than the maximum age. `exempt`: older, but it came
 * with the software and that is allowed. `stale`: too old to be used.
 */
export type Standing = "fresh" | "exempt" | "stale";

/** Best first. */
export const standings: readonly Standing[] = ["fresh", "exempt", "stale"];

/** A series as seen from one of its two currencies. */
interface Edge {
  readonly series: RateSeries;
  readonly inverted: boolean;
  readonly terms: RateProviderTerms;
}

/** Every published rate, and the rule which of them is used at a time. In memory; no clock of its own. */
export class RateBook {
  readonly #terms: RateBookTerms;
  /** From → to → the series between them, best first. */
  readonly #edges = new Map<string, Map<string, Edge[]>>();
  /** Currency → those one step away, the base currency first, then by code. */
  readonly #neighbours = new Map<string, string[]>();
  /** Provider → when it published, oldest first. */
  readonly #publicationTimes: ReadonlyMap<string, number[]>;

  constructor(terms: RateBookTerms) {
    this.#terms = terms;
    this.#publicationTimes = new Map(terms.providers.map(({ providerId }) => [providerId, []]));
  }

  /**
   * Adds what a provider published. Rates for the same time are replaced.
   *
   * @throws RangeError if the provider is not one of the terms, or a rate is not above 0; nothing is added.
   * @throws DecimalError if a rate is no decimal; nothing is added.
   */
  publish(providerId: string, publication: Publication, bundled: boolean): void {
    const times = this.#publicationTimes.get(providerId);
    if (times === undefined) throw new RangeError(`the rate book has no provider ${providerId}`);
    const { baseCurrency, publishedAtMs, rates } = publication;
    for (const [currency, digits] of rates) {
      const value = Decimal.parse(digits);
      if (value.isZero() || value.isNegative())
        throw new RangeError(`${providerId} published ${digits} for ${currency}, which is not above 0`);
    }
    const index = countUntil(times, (time) => time, publishedAtMs);
    if (times[index - 1] !== publishedAtMs) times.splice(index, 0, publishedAtMs);
    for (const [currency, digits] of rates)
      this.#seriesOf(providerId, baseCurrency, currency).put({ publishedAtMs, digits, bundled });
  }

  /**
   * The rates at a time, of one provider or of all.
   *
   * @throws ExchangeError PROVIDER_NOT_FOUND.
   */
  at(atMs: number, providerId?: string): RatesAt {
    if (providerId !== undefined && !this.#publicationTimes.has(providerId))
      throw new ExchangeError("PROVIDER_NOT_FOUND", `there is no provider ${providerId}`, {
        metadata: { provider_id: providerId },
      });
    return new RatesAt(this, atMs, providerId);
  }

  /** The currencies one step away by any provider, in order of preference. */
  neighboursOf(currency: string): readonly string[] {
    return this.#neighbours.get(currency) ?? [];
  }

  /** The best step from one currency to another at a time, if one is at least as good as `worst`. */
  stepBetween(
    from: string,
    to: string,
    atMs: number,
    worst: Standing,
    providerId: string | undefined,
  ): RateStep | undefined {
    const edges = this.#edges.get(from)?.get(to) ?? [];
    let best: { edge: Edge; rate: PublishedRate; rank: number } | undefined;
    for (const edge of edges) {
      if (providerId !== undefined && edge.series.providerId !== providerId) continue;
      const rate = edge.series.lastAt(atMs);
      if (rate === undefined) continue;
      const rank = standings.indexOf(this.#standingOf(edge.terms, rate, atMs));
      if (rank <= standings.indexOf(worst) && (best === undefined || rank < best.rank))
        best = { edge, rate, rank };
    }
    return best && this.#step(best.edge, best.rate);
  }

  #standingOf(terms: RateProviderTerms, rate: PublishedRate, atMs: number): Standing {
    if (atMs - rate.publishedAtMs < terms.maxAgeMs) return "fresh";
    if (!this.#isExempt(rate)) return "stale";
    // For a bundled rate time stops with its provider's last publication, so that a currency missing from
    // that one is as stale as it would have been then.
    const times = this.#publicationTimes.get(terms.providerId) ?? [];
    const newestMs = times[countUntil(times, (time) => time, atMs) - 1] ?? rate.publishedAtMs;
    return newestMs - rate.publishedAtMs < terms.maxAgeMs ? "exempt" : "stale";
  }

  #isExempt(rate: PublishedRate): boolean {
    return rate.bundled && this.#terms.allowBundled;
  }

  #step({ series, inverted, terms }: Edge, rate: PublishedRate): RateStep {
    return {
      baseCurrency: series.baseCurrency,
      quoteCurrency: series.quoteCurrency,
      publishedRate: rate.digits,
      inverted,
      providerId: series.providerId,
      publishedAtMs: rate.publishedAtMs,
      bundled: rate.bundled,
      usableUntilMs: this.#isExempt(rate) ? undefined : rate.publishedAtMs + terms.maxAgeMs,
    };
  }

  #seriesOf(providerId: string, baseCurrency: string, quoteCurrency: string): RateSeries {
    const known = this.#edges
      .get(baseCurrency)
      ?.get(quoteCurrency)
      ?.find(({ series, inverted }) => !inverted && series.providerId === providerId);
    if (known !== undefined) return known.series;
    const series = new RateSeries(providerId, baseCurrency, quoteCurrency);
    this.#addEdge(baseCurrency, quoteCurrency, series, false);
    this.#addEdge(quoteCurrency, baseCurrency, series, true);
    return series;
  }

  #addEdge(from: string, to: string, series: RateSeries, inverted: boolean): void {
    const { providers, baseCurrency } = this.#terms;
    const order = ({ terms, inverted }: Edge) => providers.indexOf(terms) * 2 + Number(inverted);
    const terms = providers.find(({ providerId }) => providerId === series.providerId)!;
    const targets = this.#edges.get(from) ?? new Map<string, Edge[]>();
    const edges = [...(targets.get(to) ?? []), { series, inverted, terms }];
    targets.set(
      to,
      edges.sort((left, right) => order(left) - order(right)),
    );
    this.#edges.set(from, targets);
    const isBase = (currency: string) => Number(currency === baseCurrency);
    this.#neighbours.set(
      from,
      [...targets.keys()].sort((left, right) => isBase(right) - isBase(left) || (left < right ? -1 : 1)),
    );
  }
}
