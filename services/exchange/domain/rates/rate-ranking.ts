import { ExchangeError } from "../exchange-error.ts";
import { countUntil } from "./rate-series.ts";
import {
  type FixedRate,
  FixedRates,
  fixedProviderIds,
  type RateSource,
  type SourcedRate,
} from "./rate-source.ts";

/** A provider as the rate book treats it. */
export interface RateProviderTerms {
  readonly providerId: string;
  /** Age from which its rates are refused, counted from when they were published. */
  readonly maxAgeMs: number;
  /** Whether its rates are used where none is asked for by name. */
  readonly enabled: boolean;
}

/**
 * How good a published rate is at a time. `fresh`: younger than the maximum age. `exempt`: older, but it came
 * with the software and that is allowed. `stale`: too old to be used.
 */
export type Standing = "fresh" | "exempt" | "stale";

/** Best first. */
export const standings: readonly Standing[] = ["fresh", "exempt", "stale"];

/** A provider's terms with its place in the order of fallback. */
interface Place {
  readonly terms: RateProviderTerms;
  readonly order: number;
}

/** Before every provider, in this order. */
const fixedOrder: Readonly<Record<string, number>> = {
  [fixedProviderIds.manual]: -2,
  [fixedProviderIds.costBasis]: -1,
};

/** Which of several rates is used at a time: by age, by the order of fallback, and whether it is exempt from age. */
export class RateRanking {
  readonly #allowBundled: boolean;
  #places: ReadonlyMap<string, Place> = new Map();
  /** Provider → when it published, oldest first. */
  readonly #publicationTimes = new Map<string, number[]>();

  /** @param allowBundled whether rates that came with the software may be used however old the software is. */
  constructor(allowBundled: boolean) {
    this.#allowBundled = allowBundled;
  }

  /** Replaces the order of fallback and the terms. */
  setProviders(providers: readonly RateProviderTerms[]): void {
    this.#places = new Map(providers.map((terms, order) => [terms.providerId, { terms, order }]));
  }

  hasProvider(providerId: string): boolean {
    return this.#places.has(providerId);
  }

  /** Whether the rates of a source are used where none is asked for by name. */
  isEnabled(providerId: string): boolean {
    return this.#places.get(providerId)?.terms.enabled ?? true;
  }

  /** @throws ExchangeError PROVIDER_NOT_FOUND if neither a provider nor a kind of fixed rates has that name. */
  requireSource(providerId: string): void {
    if (!this.#places.has(providerId) && !(providerId in fixedOrder))
      throw new ExchangeError("PROVIDER_NOT_FOUND", `there is no provider ${providerId}`, {
        metadata: { provider_id: providerId },
      });
  }

  /** Takes note that a provider published at a time. */
  notePublication(providerId: string, publishedAtMs: number): void {
    const times = this.#publicationTimes.get(providerId) ?? [];
    this.#publicationTimes.set(providerId, times);
    const index = countUntil(times, (time) => time, publishedAtMs);
    if (times[index - 1] !== publishedAtMs) times.splice(index, 0, publishedAtMs);
  }

  standingOf(source: RateSource, rate: SourcedRate, atMs: number): Standing {
    if (source instanceof FixedRates) return "fresh";
    const maxAgeMs = this.#maxAgeMs(source);
    if (atMs - rate.publishedAtMs < maxAgeMs) return "fresh";
    if (!this.#isExempt(rate)) return "stale";
    // For a bundled rate time stops with its provider's last publication, so that a currency missing from
    // that one is as stale as it would have been then.
    const times = this.#publicationTimes.get(source.providerId) ?? [];
    const newestMs = times[countUntil(times, (time) => time, atMs) - 1] ?? rate.publishedAtMs;
    return newestMs - rate.publishedAtMs < maxAgeMs ? "exempt" : "stale";
  }

  /** Place in the order of fallback, lowest first; manual rates and cost bases come before every provider. */
  orderOf({ providerId }: RateSource): number {
    return fixedOrder[providerId] ?? this.#places.get(providerId)?.order ?? Number.MAX_SAFE_INTEGER;
  }

  /** First moment at which a rate is too old or ends, epoch milliseconds; undefined if it never is. */
  endOf(source: RateSource, rate: SourcedRate): number | undefined {
    if (!(source instanceof FixedRates))
      return this.#isExempt(rate) ? undefined : rate.publishedAtMs + this.#maxAgeMs(source);
    const { override, untilMs } = rate as FixedRate;
    // A cost basis does not age; another one takes its place.
    return override === undefined ? undefined : untilMs;
  }

  /** When the last rate of a source ceased to be usable, at that time or before; undefined if it has not. */
  lapseOf(source: RateSource, atMs: number): number | undefined {
    if (source instanceof FixedRates) return source.lastEndMs(atMs);
    const rate = source.lastAt(atMs);
    if (rate === undefined || this.standingOf(source, rate, atMs) !== "stale") return undefined;
    return rate.publishedAtMs + this.#maxAgeMs(source);
  }

  #isExempt(rate: SourcedRate): boolean {
    return rate.bundled && this.#allowBundled;
  }

  #maxAgeMs({ providerId }: RateSource): number {
    return this.#places.get(providerId)?.terms.maxAgeMs ?? 0;
  }
}
