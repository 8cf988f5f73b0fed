import { Decimal } from "#money/decimal.ts";
import type { Condition, DecimalText, PriceComponent, PriceTerms, PriceVariant } from "./price-terms.ts";
import { describeTokenMeters, type TokenMeterName, tokenMeterNames } from "./token-meters.ts";

/** Service tiers that have rates of their own: values of the attribute `service_tier`. */
export const serviceTiers = ["batch", "flex", "priority"] as const;
export type ServiceTier = (typeof serviceTiers)[number];

/** When a rate applies. */
export interface RateVariant {
  /** Applies when the request has more input tokens than this; undefined means whatever its length. */
  readonly aboveTokens: number | undefined;
  /** Applies to this tier; undefined means to every tier. */
  readonly serviceTier: ServiceTier | undefined;
}

/**
 * Rates by meter and variant: `{"input_tokens": {"standard": "2.5", "priority": "4.25", "above_200k": "5",
 * "above_200k_priority": "8.5"}}`, decimals for `per` tokens. Every meter has a standard rate.
 */
export type TokenRates = Readonly<Partial<Record<TokenMeterName, Readonly<Record<string, string>>>>>;

const variantForm = /^(?:(batch|flex|priority)|above_([1-9][0-9]{0,5})k(?:_(batch|flex|priority))?)$/;
const standardVariant = "standard";

/** "standard", "batch", "above_200k" or "above_200k_batch". */
export function variantIdOf({ aboveTokens, serviceTier }: RateVariant): string {
  const parts = [
    ...(aboveTokens === undefined ? [] : [`above_${aboveTokens / 1_000}k`]),
    ...(serviceTier === undefined ? [] : [serviceTier]),
  ];
  return parts.length === 0 ? standardVariant : parts.join("_");
}

/**
 * The terms of a token price.
 *
 * A request takes the rate of its context tier as a whole. Where no rate is stated for both the length and the
 * service tier of a request, its length decides; a service tier without any rate is standard.
 *
 * @param per tokens that a rate buys
 * @throws Error naming what is malformed
 */
export function termsOfTokenRates(currencyCode: string, per: DecimalText, rates: TokenRates): PriceTerms {
  for (const meter of Object.keys(rates)) {
    if (!tokenMeterNames.includes(meter as TokenMeterName)) throw new Error(`no token meter: ${meter}`);
  }
  const rated = tokenMeterNames.filter((meter) => rates[meter] !== undefined);
  if (rated.length === 0) throw new Error("no rates");
  return {
    currencyCode,
    components: rated.map((meter) => componentOf(meter, rates[meter] ?? {}, per)),
    meters: describeTokenMeters(new Set(rated)),
  };
}

function componentOf(
  meter: TokenMeterName,
  rates: Readonly<Record<string, string>>,
  per: DecimalText,
): PriceComponent {
  if (rates[standardVariant] === undefined) throw new Error(`${meter} has no standard rate`);
  const variants = Object.entries(rates)
    .map(([variantId, rate]) => ({ variant: parseVariantId(variantId), variantId, rate }))
    .sort((left, right) => specialness(right.variant) - specialness(left.variant))
    .map(
      ({ variant, variantId, rate }): PriceVariant => ({
        variantId,
        conditions: conditionsOf(variant),
        model: { kind: "per_unit", unitAmount: Decimal.parse(rate).toString(), per },
      }),
    );
  return { componentId: meter, meter, conditions: [], freeUnits: "0", variants };
}

function parseVariantId(variantId: string): RateVariant {
  if (variantId === standardVariant) return { aboveTokens: undefined, serviceTier: undefined };
  const match = variantForm.exec(variantId);
  if (match === null) throw new Error(`no variant of a rate: ${variantId}`);
  const [, plainTier, thousands, tier = plainTier] = match;
  return {
    aboveTokens: thousands === undefined ? undefined : Number(thousands) * 1_000,
    serviceTier: tier as ServiceTier | undefined,
  };
}

/** Orders variants of rates by what must be asked first; ids that are no such variant stay in their order. */
export function compareVariants(left: string, right: string): number {
  const rank = (id: string) =>
    id === standardVariant || variantForm.test(id) ? specialness(parseVariantId(id)) : 0;
  return rank(right) - rank(left);
}

/** Higher for what must be asked first: the greater threshold, then the tier. */
function specialness({ aboveTokens = 0, serviceTier }: RateVariant): number {
  return 2 * aboveTokens + (serviceTier === undefined ? 0 : 1);
}

/** What must hold for a rate to apply. */
export function conditionsOf({ aboveTokens, serviceTier }: RateVariant): Condition[] {
  const conditions: Condition[] = [];
  if (serviceTier !== undefined) {
    conditions.push({
      kind: "attribute",
      attribute: "service_tier",
      match: "any_of",
      values: [serviceTier],
    });
  }
  if (aboveTokens !== undefined) {
    conditions.push({
      kind: "quantity",
      meter: "input_tokens",
      above: String(aboveTokens),
    });
  }
  return conditions;
}
