import { Decimal } from "#money/decimal.ts";
import { Ratio } from "#money/ratio.ts";
import type { ExchangeState } from "../exchange-state.ts";
import type { RateProvider } from "../providers/provider-directory.ts";
import { oldestStep, type RateInForce } from "../rates/rate-in-force.ts";
import { fixedProviderIds } from "../rates/rate-source.ts";
import type { ComparedRate } from "./rate-guard.ts";

const dayMs = 24 * 60 * 60 * 1_000;
/** As many as the contract shows. */
const mostOthers = 20;

/** A rate of a provider, by its pair and time. */
export interface PublishedPair {
  readonly baseCurrency: string;
  readonly currency: string;
  /** Epoch milliseconds. */
  readonly publishedAtMs: number;
}

/**
 * The last good rate before a published one: the provider's own while it is fresh, else what others say, else
 * the provider's own however old it is. Manual rates are no evidence of what a provider should publish.
 */
export function lastGoodRate(
  { book, providers }: ExchangeState,
  provider: RateProvider,
  { baseCurrency, currency, publishedAtMs }: PublishedPair,
): ComparedRate | undefined {
  const last = book.lastBefore(provider.providerId, baseCurrency, currency, publishedAtMs);
  const own = last && {
    factor: Ratio.fromDecimal(Decimal.parse(last.digits)),
    step: {
      baseCurrency,
      quoteCurrency: currency,
      publishedRate: last.digits,
      providerId: provider.providerId,
      publishedAtMs: last.publishedAtMs,
    },
  };
  if (last !== undefined && publishedAtMs - last.publishedAtMs < provider.maxAgeMs) return own;
  // Its own count too: in another base currency they tell as much.
  const accepts = (id: string) =>
    id !== fixedProviderIds.manual && (id === fixedProviderIds.costBasis || providers.require(id).enabled);
  const known = book.atFrom(publishedAtMs, accepts).lastKnown(baseCurrency, currency);
  return known === undefined ? own : comparedRate(known);
}

/** What other providers published for a pair on the same day, each by its own rates alone. */
export function ratesOfOthers(
  { book, providers }: ExchangeState,
  provider: RateProvider,
  { baseCurrency, currency, publishedAtMs }: PublishedPair,
): readonly ComparedRate[] {
  const dayStartMs = Math.floor(publishedAtMs / dayMs) * dayMs;
  return providers
    .inOrder()
    .filter(({ providerId, enabled }) => enabled && providerId !== provider.providerId)
    .flatMap(({ providerId }) => {
      const rates = book.atFrom(dayStartMs + dayMs - 1, (id) => id === providerId);
      const rate = rates.lastKnown(baseCurrency, currency);
      return rate === undefined || (rate.publishedAtMs ?? 0) < dayStartMs ? [] : comparedRate(rate);
    })
    .slice(0, mostOthers);
}

function comparedRate(rate: RateInForce): ComparedRate {
  return {
    factor: rate.factor,
    step: {
      baseCurrency: rate.fromCurrency,
      quoteCurrency: rate.toCurrency,
      publishedRate: rate.displayRate,
      providerId: rate.providerId,
      publishedAtMs: oldestStep(rate.steps)?.publishedAtMs ?? 0,
    },
  };
}
