import type { Condition, DecimalText, Meter, PriceTerms, PriceVariant } from "../price-terms.ts";
import { describeTokenMeters, type TokenMeterName, tokenMeterNames } from "../token-meters.ts";
import { type AmountOrigin, amountKey } from "./feed-record.ts";

/** A rate of a meter as a list states it. */
export interface Rate {
  readonly variantId: string;
  readonly conditions: readonly Condition[];
  /** Price of `per` units. */
  readonly unitAmount: DecimalText;
  readonly per: DecimalText;
  readonly origin: AmountOrigin;
}

/** A meter with its rates, most special first. */
export interface RatedMeter {
  readonly meter: string;
  /** Meters that include it. Token meters know theirs. */
  readonly subsetOf: readonly string[];
  /** When the meter has a price of its own at all; missing means always. */
  readonly conditions?: readonly Condition[];
  readonly rates: readonly Rate[];
}

/** The terms that rates make, a component for each meter, and where their amounts come from. */
export function termsOfRates(
  currencyCode: string,
  rated: readonly RatedMeter[],
): { readonly terms: PriceTerms; readonly origins: Readonly<Record<string, AmountOrigin>> } {
  const origins: Record<string, AmountOrigin> = {};
  const components = rated.map(({ meter, conditions = [], rates }) => ({
    componentId: meter,
    meter,
    conditions,
    freeUnits: "0",
    variants: rates.map(({ variantId, conditions, unitAmount, per, origin }): PriceVariant => {
      origins[amountKey(meter, variantId, "per_unit.unit_amount")] = origin;
      return { variantId, conditions, model: { kind: "per_unit", unitAmount, per } };
    }),
  }));
  return { terms: { currencyCode, components, meters: metersOf(rated) }, origins };
}

/** Meters of tokens are described together, also those without a rate: usage reports count them for every model. */
function metersOf(rated: readonly RatedMeter[]): Meter[] {
  const names = new Set(rated.map(({ meter }) => meter));
  const tokens = tokenMeterNames.filter((name) => names.has(name));
  const stated = rated
    .filter(({ subsetOf }) => subsetOf.length > 0)
    .map(({ meter, subsetOf }): Meter => ({ meter, displayName: "", subsetOf }));
  const own = new Set(stated.map(({ meter }) => meter));
  const described = tokens.length === 0 ? [] : describeTokenMeters(new Set<TokenMeterName>(tokens));
  return [...described.filter(({ meter }) => !own.has(meter)), ...stated];
}
