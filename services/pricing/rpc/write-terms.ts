import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import {
  AttributeMatch as AttributeMatchMessage,
  type ConditionSchema,
  type TimeWindowSchema,
} from "#gen/billing/pricing/v1/condition_pb.ts";
import { FlatOccurrence, type TierSchema } from "#gen/billing/pricing/v1/price_model_pb.ts";
import {
  AdjustmentScope as AdjustmentScopeMessage,
  type AdjustmentsSchema,
  type PriceComponentSchema,
  type PriceTermsSchema,
  type PriceVariantSchema,
  TransformRounding as TransformRoundingMessage,
} from "#gen/billing/pricing/v1/price_terms_pb.ts";
import { toWireRoundingMode } from "#money/rounding-mode.ts";
import type {
  Adjustments,
  AttributeMatch,
  Condition,
  PriceComponent,
  PriceModel,
  PriceTerms,
  Tier,
  TimeWindow,
  TransformRounding,
} from "../domain/price-terms.ts";

type ModelInit = NonNullable<MessageInitShape<typeof PriceVariantSchema>["model"]>;
type ConditionInit = MessageInitShape<typeof ConditionSchema>;

/** Terms as the contract shows them. */
export function writeTerms(terms: PriceTerms): MessageInitShape<typeof PriceTermsSchema> {
  const { currencyCode, components, meters, adjustments, rounding } = terms;
  return {
    currencyCode,
    components: components.map(writeComponent),
    meters: meters.map(({ meter, displayName, subsetOf }) => ({
      meter,
      displayName,
      subsetOf: [...subsetOf],
    })),
    ...(adjustments === undefined ? {} : { adjustments: writeAdjustments(adjustments) }),
    ...(rounding === undefined
      ? {}
      : { rounding: { digits: rounding.digits, mode: toWireRoundingMode(rounding.mode) } }),
  };
}

const scopes = { usage: AdjustmentScopeMessage.USAGE, period: AdjustmentScopeMessage.PERIOD } as const;

/** Adjustments as the contract shows them. */
export function writeAdjustments(adjustments: Adjustments): MessageInitShape<typeof AdjustmentsSchema> {
  const { markupMultiplier, discountPercent, minimumAmount = "", maximumAmount = "", scope } = adjustments;
  return { markupMultiplier, discountPercent, minimumAmount, maximumAmount, scope: scopes[scope] };
}

const transformRoundings: Readonly<Record<TransformRounding, TransformRoundingMessage>> = {
  none: TransformRoundingMessage.NONE,
  up: TransformRoundingMessage.UP,
  down: TransformRoundingMessage.DOWN,
  half_even: TransformRoundingMessage.HALF_EVEN,
};

function writeComponent(component: PriceComponent): MessageInitShape<typeof PriceComponentSchema> {
  const { componentId, meter, conditions, transform, freeUnits, variants, adjustments } = component;
  return {
    componentId,
    meter,
    conditions: conditions.map(writeCondition),
    ...(transform === undefined
      ? {}
      : { transform: { ...transform, rounding: transformRoundings[transform.rounding] } }),
    freeUnits,
    variants: variants.map((variant) => ({
      variantId: variant.variantId,
      conditions: variant.conditions.map(writeCondition),
      model: writeModel(variant.model),
    })),
    ...(adjustments === undefined ? {} : { adjustments: writeAdjustments(adjustments) }),
  };
}

const writeTier = ({ upTo = "", ...tier }: Tier): MessageInitShape<typeof TierSchema> => ({ ...tier, upTo });

/** Every kind of model. */
const modelWriters: {
  readonly [K in PriceModel["kind"]]: (model: Extract<PriceModel, { kind: K }>) => ModelInit;
} = {
  flat: ({ amount, occurrence }) => ({
    case: "flat",
    value: {
      amount,
      occurrence: occurrence === "per_period" ? FlatOccurrence.PER_PERIOD : FlatOccurrence.PER_USAGE,
    },
  }),
  per_unit: ({ unitAmount, per }) => ({ case: "perUnit", value: { unitAmount, per } }),
  graduated: ({ tiers }) => ({ case: "graduated", value: { tiers: tiers.map(writeTier) } }),
  volume: ({ tiers }) => ({ case: "volume", value: { tiers: tiers.map(writeTier) } }),
  packages: ({ packageSize, packageAmount }) => ({ case: "packages", value: { packageSize, packageAmount } }),
  percentage: ({ kind: _, minimumPerEvent = "", maximumPerEvent = "", ...model }) => ({
    case: "percentage",
    value: { ...model, minimumPerEvent, maximumPerEvent },
  }),
  graduated_percentage: ({ tiers }) => ({
    case: "graduatedPercentage",
    value: { tiers: tiers.map(({ upTo = "", ...tier }) => ({ ...tier, upTo })) },
  }),
  cost_plus: ({ multiplier, fixedAmount }) => ({ case: "costPlus", value: { multiplier, fixedAmount } }),
  duration: ({ rates }) => ({
    case: "duration",
    value: {
      rates: rates.map(({ window, connectFee, steps }) => ({
        ...(window === undefined ? {} : { window: writeWindow(window) }),
        connectFee,
        steps: steps.map(({ fromMs, incrementMs, amount, perMs }) => ({
          from: durationFromMs(fromMs),
          increment: durationFromMs(incrementMs),
          amount,
          per: durationFromMs(perMs),
        })),
      })),
    },
  }),
};

function writeModel(model: PriceModel): ModelInit {
  return (modelWriters[model.kind] as (model: PriceModel) => ModelInit)(model);
}

const attributeMatches: Readonly<Record<AttributeMatch, AttributeMatchMessage>> = {
  any_of: AttributeMatchMessage.ANY_OF,
  none_of: AttributeMatchMessage.NONE_OF,
  present: AttributeMatchMessage.PRESENT,
  absent: AttributeMatchMessage.ABSENT,
};

/** Every kind of condition. */
const conditionWriters: {
  readonly [K in Condition["kind"]]: (condition: Extract<Condition, { kind: K }>) => ConditionInit;
} = {
  attribute: ({ attribute, match, values }) => ({
    condition: {
      case: "attribute",
      value: { attribute, match: attributeMatches[match], values: [...values] },
    },
  }),
  quantity: ({ meter, above = "", upTo = "" }) => ({
    condition: { case: "quantity", value: { meter, above, upTo } },
  }),
  time_window: ({ window }) => ({ condition: { case: "timeWindow", value: writeWindow(window) } }),
};

/** A condition as the contract shows it. */
export function writeCondition(condition: Condition): ConditionInit {
  return (conditionWriters[condition.kind] as (condition: Condition) => ConditionInit)(condition);
}

function writeWindow({
  timeZone,
  weekdays,
  from,
  to,
}: TimeWindow): MessageInitShape<typeof TimeWindowSchema> {
  return { timeZone, weekdays: [...weekdays], from, to };
}
