import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  AttributeMatch as AttributeMatchMessage,
  type ConditionSchema,
} from "#gen/billing/pricing/v1/condition_pb.ts";
import { PriceOrigin, type PriceSchema, type PriceVersionSchema } from "#gen/billing/pricing/v1/price_pb.ts";
import type { PriceTermsSchema, PriceVariantSchema } from "#gen/billing/pricing/v1/price_terms_pb.ts";
import type { SelectedPrice } from "../domain/catalogue.ts";
import { defaultPriceBook, effectiveUntilMs } from "../domain/price.ts";
import type { AttributeMatch, Condition, PriceModel, PriceTerms } from "../domain/price-terms.ts";

/** A price with the version that was selected. */
export function writePrice(selected: SelectedPrice): MessageInitShape<typeof PriceSchema> {
  const { price } = selected;
  return {
    priceId: price.priceId,
    displayName: price.displayName,
    description: price.description,
    provider: price.provider,
    mode: price.mode,
    version: writeVersion(selected),
    configVersion: BigInt(price.versions.length),
    createdAt: timestampFromMs(price.createdAtMs),
    updatedAt: timestampFromMs(Math.max(...price.versions.map(({ createdAtMs }) => createdAtMs))),
  };
}

function writeVersion({ price, version }: SelectedPrice): MessageInitShape<typeof PriceVersionSchema> {
  const untilMs = effectiveUntilMs(price, version);
  return {
    priceVersion: version.versionId,
    priceId: version.priceId,
    priceBook: defaultPriceBook,
    terms: writeTerms(version.terms),
    effectiveFrom: timestampFromMs(version.effectiveFromMs),
    ...(untilMs === undefined ? {} : { effectiveUntil: timestampFromMs(untilMs) }),
    origin: PriceOrigin.BUNDLED,
    comment: version.comment,
    createdAt: timestampFromMs(version.createdAtMs),
  };
}

function writeTerms(terms: PriceTerms): MessageInitShape<typeof PriceTermsSchema> {
  return {
    currencyCode: terms.currencyCode,
    components: terms.components.map(({ componentId, meter, conditions, variants }) => ({
      componentId,
      meter,
      conditions: conditions.map(writeCondition),
      variants: variants.map((variant) => ({
        variantId: variant.variantId,
        conditions: variant.conditions.map(writeCondition),
        model: writeModel(variant.model),
      })),
    })),
    meters: terms.meters.map(({ meter, displayName, subsetOf }) => ({
      meter,
      displayName,
      subsetOf: [...subsetOf],
    })),
  };
}

type ModelMessage = NonNullable<MessageInitShape<typeof PriceVariantSchema>["model"]>;
type ConditionMessage = MessageInitShape<typeof ConditionSchema>;

/** Every kind of model. */
const modelWriters: {
  readonly [K in PriceModel["kind"]]: (model: Extract<PriceModel, { kind: K }>) => ModelMessage;
} = {
  per_unit: ({ unitAmount, per }) => ({
    case: "perUnit",
    value: { unitAmount: unitAmount.toString(), per: per.toString() },
  }),
};

function writeModel(model: PriceModel): ModelMessage {
  return modelWriters[model.kind](model);
}

const attributeMatches: Readonly<Record<AttributeMatch, AttributeMatchMessage>> = {
  any_of: AttributeMatchMessage.ANY_OF,
  none_of: AttributeMatchMessage.NONE_OF,
  present: AttributeMatchMessage.PRESENT,
  absent: AttributeMatchMessage.ABSENT,
};

/** Every kind of condition. */
const conditionWriters: {
  readonly [K in Condition["kind"]]: (condition: Extract<Condition, { kind: K }>) => ConditionMessage;
} = {
  attribute: ({ attribute, match, values }) => ({
    condition: {
      case: "attribute",
      value: { attribute, match: attributeMatches[match], values: [...values] },
    },
  }),
  quantity: ({ meter, above, upTo }) => ({
    condition: {
      case: "quantity",
      value: { meter, above: above?.toString() ?? "", upTo: upTo?.toString() ?? "" },
    },
  }),
};

function writeCondition(condition: Condition): ConditionMessage {
  return (conditionWriters[condition.kind] as (condition: Condition) => ConditionMessage)(condition);
}
