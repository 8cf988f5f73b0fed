import { create } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type ExchangeError as ExchangeErrorMessage,
  ExchangeErrorSchema,
  RateInForceSchema,
  RateKind,
  type RateInForce as RateMessage,
} from "#gen/billing/exchange/v1/exchange_rate_pb.ts";
import { RateSchema, type RateStep, RateStepSchema } from "#gen/billing/type/v1/rate_pb.ts";
import { ExchangeError } from "../domain/exchange-error.ts";
import type { RateInForce, RateStep as Step } from "../domain/rate-in-force.ts";

const kindNumbers = {
  identity: RateKind.IDENTITY,
  direct: RateKind.DIRECT,
  inverse: RateKind.INVERSE,
  triangulated: RateKind.TRIANGULATED,
} as const;

/** A rate as the contract says it. */
export function rateMessage(rate: RateInForce): RateMessage {
  return create(RateInForceSchema, {
    rate: create(RateSchema, {
      fromCurrency: rate.fromCurrency,
      toCurrency: rate.toCurrency,
      rate: rate.displayRate,
      steps: rate.steps.map(stepMessage),
      ...(rate.publishedAtMs === undefined ? {} : { publishedAt: timestampFromMs(rate.publishedAtMs) }),
      provider: rate.providerId,
      bundled: rate.bundled,
    }),
    kind: kindNumbers[rate.kind],
    age: durationFromMs(rate.ageMs),
    ...(rate.usableUntilMs === undefined ? {} : { usableUntil: timestampFromMs(rate.usableUntilMs) }),
  });
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

function stepMessage(step: Step): RateStep {
  return create(RateStepSchema, {
    baseCurrency: step.baseCurrency,
    quoteCurrency: step.quoteCurrency,
    publishedRate: step.publishedRate,
    inverted: step.inverted,
    provider: step.providerId,
    publishedAt: timestampFromMs(step.publishedAtMs),
  });
}
