import { Decimal } from "#money/decimal.ts";
import type { Condition, PriceComponent, PriceTerms, PriceVariant } from "../domain/price-terms.ts";
import type { Usage } from "../domain/usage.ts";

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
    eventCount: 0,
    atMs: undefined,
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
    model: { kind: "per_unit", unitAmount: Decimal.parse(unitAmount), per: Decimal.parse(per) },
  };
}

/** A component that is named like its meter. */
export function component(
  meter: string,
  variants: readonly PriceVariant[],
  conditions: readonly Condition[] = [],
): PriceComponent {
  return { componentId: meter, meter, conditions, variants };
}

/** Terms in USD; `subsets` says of each subset what it is in. */
export function termsOf(
  components: readonly PriceComponent[],
  subsets: Readonly<Record<string, readonly string[]>> = {},
): PriceTerms {
  const meters = Object.entries(subsets).map(([meter, subsetOf]) => ({ meter, displayName: "", subsetOf }));
  return { currencyCode: "USD", components, meters };
}
