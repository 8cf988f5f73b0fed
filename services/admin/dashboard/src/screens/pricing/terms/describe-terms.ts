import {
  AdjustmentScope,
  type Adjustments,
  type PriceComponent,
  type PriceTerms,
  type PriceVariant,
  type Transform,
  TransformRounding,
} from "#gen/billing/pricing/v1/price_terms_pb.ts";
import { RoundingModeSchema } from "#gen/billing/type/v1/money_pb.ts";
import { enumText } from "../../../data/enum-text.ts";
import { formatAmount, formatNumber } from "../../../data/exact.ts";
import { describeConditions, inWords } from "./describe-conditions.ts";
import { describeModel } from "./describe-model.ts";
import { isOther } from "./is-other.ts";

/** One line of a price: what is billed, when, and how much. */
export interface TermLine {
  /** The same line in two versions has the same key. */
  readonly key: string;
  /** What is billed, in words: "input tokens". */
  readonly what: string;
  /** When it applies, in words; empty means always. */
  readonly when: string;
  /** How much, in words, a line for each. */
  readonly howMuch: readonly string[];
}

/** Everything that decides what a usage costs, in words; variants in the order in which they are tried. */
export function describeTerms(terms: PriceTerms): TermLine[] {
  const lines = terms.components.flatMap((component) =>
    component.variants.map((variant) => describeVariant(terms, component, variant)),
  );
  const whole = [
    ...describeAdjustments(terms.adjustments, terms.currencyCode),
    ...(terms.rounding
      ? [
          `rounded to ${terms.rounding.digits} digits, ${enumText(RoundingModeSchema, terms.rounding.mode || 1).toLowerCase()}`,
        ]
      : []),
  ];
  return whole.length === 0 ? lines : [...lines, { key: "", what: "The whole", when: "", howMuch: whole }];
}

function describeVariant(terms: PriceTerms, component: PriceComponent, variant: PriceVariant): TermLine {
  const { componentId, meter, conditions, transform, freeUnits, adjustments } = component;
  const known = terms.meters.find((each) => each.meter === meter);
  return {
    key: `${componentId}/${variant.variantId || "standard"}`,
    what: known?.displayName || inWords(meter || componentId),
    when: describeConditions([...conditions, ...variant.conditions]),
    howMuch: [
      ...describeModel(variant.model, terms.currencyCode),
      ...describeTransform(transform),
      ...(isOther(freeUnits, "0") ? [`the first ${formatNumber(freeUnits)} are free`] : []),
      ...describeAdjustments(adjustments, terms.currencyCode),
    ],
  };
}

/** Factors, discounts and bounds, in words. */
export function describeAdjustments(adjustments: Adjustments | undefined, currency: string): string[] {
  if (adjustments === undefined) return [];
  const { markupMultiplier, discountPercent, minimumAmount, maximumAmount, scope } = adjustments;
  const each = scope === AdjustmentScope.PERIOD ? "a period" : "per usage";
  return [
    isOther(markupMultiplier, "1") ? `× ${markupMultiplier}` : "",
    isOther(discountPercent, "0") ? `less ${discountPercent} %` : "",
    minimumAmount ? `at least ${formatAmount(minimumAmount, currency)} ${currency} ${each}` : "",
    maximumAmount ? `at most ${formatAmount(maximumAmount, currency)} ${currency} ${each}` : "",
  ].filter(Boolean);
}

const roundings: Readonly<Partial<Record<TransformRounding, string>>> = {
  [TransformRounding.UP]: ", rounded up",
  [TransformRounding.DOWN]: ", rounded down",
  [TransformRounding.HALF_EVEN]: ", rounded half even",
};

function describeTransform(transform: Transform | undefined): string[] {
  if (transform === undefined) return [];
  const { multiplyBy, divideBy, rounding } = transform;
  const parts = [
    isOther(multiplyBy, "1") && `× ${multiplyBy}`,
    isOther(divideBy, "1") && `÷ ${formatNumber(divideBy)}`,
  ].filter(Boolean);
  return [`the quantity ${parts.join(" ")}${roundings[rounding] ?? ""}`];
}
