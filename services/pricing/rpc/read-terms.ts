import type { Duration } from "@bufbuild/protobuf/wkt";
import {
  AttributeMatch as AttributeMatchMessage,
  type Condition as ConditionMessage,
  type TimeWindow as TimeWindowMessage,
} from "#gen/billing/pricing/v1/condition_pb.ts";
import {
  AdjustmentScope,
  type Adjustments as AdjustmentsMessage,
  type PriceComponent as PriceComponentMessage,
  type PriceTerms as PriceTermsMessage,
  type PriceVariant as PriceVariantMessage,
  type Transform as TransformMessage,
  TransformRounding as TransformRoundingMessage,
} from "#gen/billing/pricing/v1/price_terms_pb.ts";
import { Decimal } from "#money/decimal.ts";
import { fromWireRoundingMode } from "#money/rounding-mode.ts";
import { invalidField } from "#platform/errors/common-error.ts";
import type {
  Adjustments,
  AttributeMatch,
  Condition,
  DecimalText,
  PriceComponent,
  PriceTerms,
  PriceVariant,
  TimeWindow,
  Transform,
  TransformRounding,
} from "../domain/price-terms.ts";
import { readModel } from "./read-model.ts";

/**
 * Terms of a message that has passed the contract's constraints, canonical and with the defaults filled in.
 *
 * @param path where they stand in the request, for errors
 */
export function readTerms(message: PriceTermsMessage | undefined, path: string): PriceTerms {
  if (message === undefined) throw invalidField(path, "is required");
  const { currencyCode, components, meters, adjustments, rounding } = message;
  return {
    currencyCode,
    components: components.map(readComponent),
    meters: meters.map(({ meter, displayName, subsetOf }) => ({
      meter,
      displayName,
      subsetOf: [...subsetOf],
    })),
    ...optionalAdjustments(adjustments),
    ...(rounding === undefined
      ? {}
      : { rounding: { digits: rounding.digits, mode: fromWireRoundingMode(rounding.mode, "half-even") } }),
  };
}

/** A decimal without zeros that say nothing; the default where there is none. */
export function canonical(text: string, fallback: DecimalText = "0"): DecimalText {
  return text === "" ? fallback : Decimal.parse(text).toString();
}

/** The field under its name, or nothing where the text is empty. */
export function optional<K extends string>(name: K, text: string): { readonly [P in K]?: DecimalText } {
  return text === "" ? {} : ({ [name]: canonical(text) } as { readonly [P in K]: DecimalText });
}

/** Whole milliseconds of a duration; smaller parts are cut off. */
export function millisecondsOf(duration: Duration): number {
  return Number(duration.seconds) * 1_000 + Math.trunc(duration.nanos / 1_000_000);
}

function readComponent(message: PriceComponentMessage): PriceComponent {
  const { componentId, meter, conditions, transform, freeUnits, variants, adjustments } = message;
  return {
    componentId,
    meter,
    conditions: conditions.map(readCondition),
    ...(transform === undefined ? {} : { transform: readTransform(transform) }),
    freeUnits: canonical(freeUnits),
    variants: variants.map(readVariant),
    ...optionalAdjustments(adjustments),
  };
}

function readVariant({ variantId, conditions, model }: PriceVariantMessage): PriceVariant {
  return {
    variantId: variantId === "" ? "standard" : variantId,
    conditions: conditions.map(readCondition),
    model: readModel(model),
  };
}

const transformRoundings: ReadonlyMap<TransformRoundingMessage, TransformRounding> = new Map([
  [TransformRoundingMessage.UP, "up"],
  [TransformRoundingMessage.DOWN, "down"],
  [TransformRoundingMessage.HALF_EVEN, "half_even"],
]);

function readTransform({ multiplyBy, divideBy, rounding }: TransformMessage): Transform {
  return {
    multiplyBy: canonical(multiplyBy, "1"),
    divideBy: canonical(divideBy, "1"),
    rounding: transformRoundings.get(rounding) ?? "none",
  };
}

/** Adjustments under their name, or nothing. */
export function optionalAdjustments(message: AdjustmentsMessage | undefined): {
  readonly adjustments?: Adjustments;
} {
  if (message === undefined) return {};
  return {
    adjustments: {
      markupMultiplier: canonical(message.markupMultiplier, "1"),
      discountPercent: canonical(message.discountPercent),
      ...optional("minimumAmount", message.minimumAmount),
      ...optional("maximumAmount", message.maximumAmount),
      scope: message.scope === AdjustmentScope.PERIOD ? "period" : "usage",
    },
  };
}

const attributeMatches: ReadonlyMap<AttributeMatchMessage, AttributeMatch> = new Map([
  [AttributeMatchMessage.NONE_OF, "none_of"],
  [AttributeMatchMessage.PRESENT, "present"],
  [AttributeMatchMessage.ABSENT, "absent"],
]);

/** A condition of a message. */
export function readCondition({ condition }: ConditionMessage): Condition {
  switch (condition.case) {
    case "attribute": {
      const { attribute, match, values } = condition.value;
      return {
        kind: "attribute",
        attribute,
        match: attributeMatches.get(match) ?? "any_of",
        values: [...values],
      };
    }
    case "quantity": {
      const { meter, above, upTo } = condition.value;
      return { kind: "quantity", meter, ...optional("above", above), ...optional("upTo", upTo) };
    }
    case "timeWindow":
      return { kind: "time_window", window: readWindow(condition.value) };
    default:
      throw new Error("a condition without a kind has passed the contract's constraints");
  }
}

/** A window of local time of a message. */
export function readWindow({ timeZone, weekdays, from, to }: TimeWindowMessage): TimeWindow {
  return {
    timeZone: timeZone === "" ? "UTC" : timeZone,
    weekdays: weekdays.toSorted((left, right) => left - right),
    from: withSeconds(from, "00:00:00"),
    to: withSeconds(to, "24:00:00"),
  };
}

function withSeconds(time: string, fallback: string): string {
  if (time === "") return fallback;
  return time.length === 5 ? `${time}:00` : time;
}
