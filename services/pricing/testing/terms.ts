import { Decimal } from "#money/decimal.ts";
import type { Usage, UsageEvent } from "../domain/engine/usage.ts";
import type {
  Adjustments,
  Condition,
  PercentageModel,
  PriceComponent,
  PriceModel,
  PriceTerms,
  PriceVariant,
  Tier,
} from "../domain/price-terms.ts";

/** A usage of a test price; quantities as text. */
export function usageOf(
  quantities: Readonly<Record<string, string | number>>,
  others: Partial<Usage> = {},
): Usage {
  return {
    priceId: "test/price",
    quantities: decimalsOf(quantities),
    attributes: new Map(),
    priorQuantities: new Map(),
    priorBilled: Decimal.zero,
    events: [],
    atMs: Date.UTC(2026, 0, 1),
    endedAtMs: undefined,
    ...others,
  };
}

/** Decimals by name. */
export function decimalsOf(texts: Readonly<Record<string, string | number>>): Map<string, Decimal> {
  return new Map(Object.entries(texts).map(([name, text]) => [name, Decimal.parse(String(text))]));
}

/** A variant that prices each unit the same. */
export function perUnit(
  unitAmount: string,
  { per = "1", conditions = [] as readonly Condition[], variantId = "standard" } = {},
): PriceVariant {
  return {
    variantId,
    conditions,
    model: { kind: "per_unit", unitAmount: Decimal.parse(unitAmount).toString(), per },
  };
}

/** A component that is named like its meter. */
export function component(
  meter: string,
  variants: readonly PriceVariant[],
  conditions: readonly Condition[] = [],
): PriceComponent {
  return { componentId: meter, meter, conditions, freeUnits: "0", variants };
}

/** Terms in USD; `subsets` says of each subset what it is in. */
export function termsOf(
  components: readonly PriceComponent[],
  subsets: Readonly<Record<string, readonly string[]>> = {},
): PriceTerms {
  const meters = Object.entries(subsets).map(([meter, subsetOf]) => ({ meter, displayName: "", subsetOf }));
  return { currencyCode: "USD", components, meters };
}

/** A component of one variant without conditions. */
export function priced(
  meter: string,
  model: PriceModel,
  others: Partial<PriceComponent> = {},
): PriceComponent {
  return {
    componentId: meter === "" ? "fee" : meter,
    meter,
    conditions: [],
    freeUnits: "0",
    variants: [{ variantId: "standard", conditions: [], model }],
    ...others,
  };
}

/** Tiers as [up to, unit amount, flat amount]; an empty bound is none. */
export function tiersOf(
  ...tiers: ReadonlyArray<readonly [upTo: string, unit: string, flat?: string]>
): Tier[] {
  return tiers.map(([upTo, unitAmount, flatAmount = "0"]) => ({
    ...(upTo === "" ? {} : { upTo }),
    unitAmount,
    per: "1",
    flatAmount,
  }));
}

/** A percentage without allowances and bounds unless `others` says so. */
export function percentage(ratePercent: string, others: Partial<PercentageModel> = {}): PercentageModel {
  return {
    kind: "percentage",
    ratePercent,
    fixedAmount: "0",
    freeEvents: 0,
    freeAmount: "0",
    eventMeter: "",
    ...others,
  };
}

/** Events with these amounts. */
export function eventsOf(...amounts: readonly string[]): UsageEvent[] {
  return amounts.map((amount) => ({
    quantities: new Map(),
    amount: Decimal.parse(amount),
    atMs: undefined,
  }));
}

/** Adjustments that change nothing unless `others` says so. */
export function adjusted(others: Partial<Adjustments>): Adjustments {
  return { markupMultiplier: "1", discountPercent: "0", scope: "usage", ...others };
}
