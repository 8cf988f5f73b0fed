import type { RateOverride } from "./rate-override.ts";

/** A rate as a source gives it. */
export interface SourcedRate {
  /** When it was published or set, epoch milliseconds. */
  readonly publishedAtMs: number;
  /** When it became known here, epoch milliseconds. */
  readonly fetchedAtMs: number;
  /** Units of the quoted currency for one of the base, in the digits of who published it. */
  readonly digits: string;
  /** True if it came with the software. */
  readonly bundled: boolean;
}

/** A rate that somebody set, with a beginning and perhaps an end. */
export interface FixedRate extends SourcedRate {
  readonly baseCurrency: string;
  readonly quoteCurrency: string;
  /** First moment at which it holds no more, epoch milliseconds; undefined means without end. */
  readonly untilMs: number | undefined;
  /** The manual rate behind it; undefined for a cost basis. */
  readonly override: RateOverride | undefined;
}

/** Rates of one source for one pair, over time. */
export interface RateSource {
  /** A provider, or one of {@link fixedProviderIds}. */
  readonly providerId: string;
  readonly baseCurrency: string;
  readonly quoteCurrency: string;
  /** The one that was last published at that time or before; of fixed ones the one that holds. */
  lastAt(atMs: number): SourcedRate | undefined;
}

/** Names that rates have which no provider published. */
export const fixedProviderIds = { manual: "manual", costBasis: "cost-basis" } as const;

/** Rates of one pair that hold from a time on, perhaps until another; none overlaps another. */
export class FixedRates implements RateSource {
  readonly providerId: string;
  readonly baseCurrency: string;
  readonly quoteCurrency: string;
  /** Oldest first. */
  readonly rates: readonly FixedRate[];

  constructor(providerId: string, rates: readonly [FixedRate, ...FixedRate[]]) {
    this.providerId = providerId;
    this.baseCurrency = rates[0].baseCurrency;
    this.quoteCurrency = rates[0].quoteCurrency;
    this.rates = rates;
  }

  lastAt(atMs: number): FixedRate | undefined {
    const rate = this.rates.findLast(({ publishedAtMs }) => publishedAtMs <= atMs);
    return rate?.untilMs === undefined || atMs < rate.untilMs ? rate : undefined;
  }

  /** When one last ended at that time or before, epoch milliseconds; undefined if none has. */
  lastEndMs(atMs: number): number | undefined {
    const ended = this.rates.findLast(({ untilMs }) => untilMs !== undefined && untilMs <= atMs);
    return ended?.untilMs;
  }

  /** When one next begins or ends after that time, epoch milliseconds; undefined if none does. */
  nextChangeMs(atMs: number): number | undefined {
    const times = this.rates.flatMap(({ publishedAtMs, untilMs }) => [publishedAtMs, untilMs ?? []].flat());
    const later = times.filter((time) => time > atMs);
    return later.length === 0 ? undefined : Math.min(...later);
  }
}
