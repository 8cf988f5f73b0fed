import type { Tier as TierMessage } from "#gen/billing/pricing/v1/price_model_pb.ts";
import {
  type DurationRate as DurationRateMessage,
  FlatOccurrence,
} from "#gen/billing/pricing/v1/price_model_pb.ts";
import type { PriceVariant as PriceVariantMessage } from "#gen/billing/pricing/v1/price_terms_pb.ts";
import type { DurationRate, PriceModel, Tier } from "../domain/price-terms.ts";
import { canonical, millisecondsOf, optional, readWindow } from "./read-terms.ts";

type ModelMessage = Exclude<PriceVariantMessage["model"], { case: undefined }>;
type ModelMessageOf<C extends ModelMessage["case"]> = Extract<ModelMessage, { case: C }>["value"];

/** Every kind of model, by its name in the message. */
const modelReaders: { readonly [C in ModelMessage["case"]]: (message: ModelMessageOf<C>) => PriceModel } = {
  flat: ({ amount, occurrence }) => ({
    kind: "flat",
    amount: canonical(amount),
    occurrence: occurrence === FlatOccurrence.PER_PERIOD ? "per_period" : "per_usage",
  }),
  perUnit: ({ unitAmount, per }) => ({
    kind: "per_unit",
    unitAmount: canonical(unitAmount),
    per: canonical(per, "1"),
  }),
  graduated: ({ tiers }) => ({ kind: "graduated", tiers: tiers.map(readTier) }),
  volume: ({ tiers }) => ({ kind: "volume", tiers: tiers.map(readTier) }),
  packages: ({ packageSize, packageAmount }) => ({
    kind: "packages",
    packageSize: canonical(packageSize),
    packageAmount: canonical(packageAmount),
  }),
  percentage: (message) => ({
    kind: "percentage",
    ratePercent: canonical(message.ratePercent),
    fixedAmount: canonical(message.fixedAmount),
    freeEvents: message.freeEvents,
    freeAmount: canonical(message.freeAmount),
    ...optional("minimumPerEvent", message.minimumPerEvent),
    ...optional("maximumPerEvent", message.maximumPerEvent),
    eventMeter: message.eventMeter,
  }),
  graduatedPercentage: ({ tiers }) => ({
    kind: "graduated_percentage",
    tiers: tiers.map(({ upTo, ratePercent, flatAmount }) => ({
      ...optional("upTo", upTo),
      ratePercent: canonical(ratePercent),
      flatAmount: canonical(flatAmount),
    })),
  }),
  costPlus: ({ multiplier, fixedAmount }) => ({
    kind: "cost_plus",
    multiplier: canonical(multiplier, "1"),
    fixedAmount: canonical(fixedAmount),
  }),
  duration: ({ rates }) => ({ kind: "duration", rates: rates.map(readRate) }),
};

/** A model of a message that has passed the contract's constraints. */
export function readModel(model: PriceVariantMessage["model"]): PriceModel {
  if (model.case === undefined)
    throw new Error("a variant without a model has passed the contract's constraints");
  return (modelReaders[model.case] as (message: ModelMessage["value"]) => PriceModel)(model.value);
}

function readTier({ upTo, unitAmount, per, flatAmount }: TierMessage): Tier {
  return {
    ...optional("upTo", upTo),
    unitAmount: canonical(unitAmount),
    per: canonical(per, "1"),
    flatAmount: canonical(flatAmount),
  };
}

const oneSecondMs = 1_000;

function readRate({ window, connectFee, steps }: DurationRateMessage): DurationRate {
  return {
    ...(window === undefined ? {} : { window: readWindow(window) }),
    connectFee: canonical(connectFee),
    steps: steps.map(({ from, increment, amount, per }) => ({
      fromMs: from === undefined ? 0 : millisecondsOf(from),
      incrementMs: increment === undefined ? oneSecondMs : millisecondsOf(increment),
      amount: canonical(amount),
      perMs: per === undefined ? oneSecondMs : millisecondsOf(per),
    })),
  };
}
