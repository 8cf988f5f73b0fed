import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type ExchangeError as ExchangeErrorMessage,
  ExchangeErrorSchema,
  type HistoricalRate,
  HistoricalRateSchema,
  type ListedRate,
  ListedRateSchema,
  RateInForceSchema,
  RateKind,
  type RateInForce as RateMessage,
  type RateOverrideSchema,
} from "#gen/billing/exchange/v1/exchange_rate_pb.ts";
import { type Rate, RateSchema, type RateStep, RateStepSchema } from "#gen/billing/type/v1/rate_pb.ts";
import { optional } from "#platform/rpc/optional.ts";
import { ExchangeError } from "../domain/exchange-error.ts";
import type { RateChange } from "../domain/rates/rate-history.ts";
import type { ExactRate, RateInForce, RateStep as Step } from "../domain/rates/rate-in-force.ts";
import type { RateOverride } from "../domain/rates/rate-override.ts";

const kindNumbers = {
  identity: RateKind.IDENTITY,
  direct: RateKind.DIRECT,
  inverse: RateKind.INVERSE,
  triangulated: RateKind.TRIANGULATED,
} as const;

/** A rate in force as the contract says it. */
export function rateMessage(rate: RateInForce): RateMessage {
  return create(RateInForceSchema, {
    rate: exactRateMessage(rate),
    kind: kindNumbers[rate.kind],
    age: durationFromMs(rate.ageMs),
    ...optional("usableUntil", rate.usableUntilMs, timestampFromMs),
    ...optional("override", rate.override, overrideMessage),
  });
}

/** The rate alone, with its exact steps. */
export function exactRateMessage(rate: ExactRate): Rate {
  return create(RateSchema, {
    fromCurrency: rate.fromCurrency,
    toCurrency: rate.toCurrency,
    rate: rate.displayRate,
    steps: rate.steps.map(stepMessage),
    ...optional("publishedAt", rate.publishedAtMs, timestampFromMs),
    provider: rate.providerId,
    bundled: rate.bundled,
  });
}

/** The rate of a pair, or why there is none. */
export function listedRateMessage(
  fromCurrency: string,
  toCurrency: string,
  found: RateInForce | ExchangeError,
): ListedRate {
  return create(ListedRateSchema, {
    pair: { fromCurrency, toCurrency },
    result:
      found instanceof ExchangeError
        ? { case: "error", value: errorMessage(found) }
        : { case: "rate", value: rateMessage(found) },
  });
}

export function historicalRateMessage({ rate, effectiveFromMs }: RateChange): HistoricalRate {
  const fetchedAtMs = Math.max(...rate.steps.map((step) => step.fetchedAtMs));
  return create(HistoricalRateSchema, {
    rate: exactRateMessage(rate),
    kind: kindNumbers[rate.kind],
    effectiveFrom: timestampFromMs(effectiveFromMs),
    fetchedAt: timestampFromMs(fetchedAtMs),
  });
}

export function overrideMessage(override: RateOverride): MessageInitShape<typeof RateOverrideSchema> {
  return {
    baseCurrency: override.baseCurrency,
    quoteCurrency: override.quoteCurrency,
    rate: override.rate,
    effectiveFrom: timestampFromMs(override.effectiveFromMs),
    ...optional("endsAt", override.endsAtMs, timestampFromMs),
    configVersion: BigInt(override.configVersion),
    comment: override.comment,
    createdBy: override.createdBy,
    createdAt: timestampFromMs(override.createdAtMs),
  };
}

/**
 * Why one line of several has no result.
 *
 * @throws the error itself if it is none of Exchange's: a fault of the server concerns the whole call.
 */
export function errorMessage(error: unknown): ExchangeErrorMessage {
  if (!(error instanceof ExchangeError)) throw error;
  return create(ExchangeErrorSchema, {
    reason: error.reason,
    message: error.message,
    metadata: { ...error.metadata },
  });
}

export function stepMessage(
  step: Pick<
    Step,
    "baseCurrency" | "quoteCurrency" | "publishedRate" | "inverted" | "providerId" | "publishedAtMs"
  >,
): RateStep {
  return create(RateStepSchema, {
    baseCurrency: step.baseCurrency,
    quoteCurrency: step.quoteCurrency,
    publishedRate: step.publishedRate,
    inverted: step.inverted,
    provider: step.providerId,
    publishedAt: timestampFromMs(step.publishedAtMs),
  });
}
