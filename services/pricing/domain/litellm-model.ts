import { Decimal } from "#money/decimal.ts";
import { readPriceDigits, SourceNumber } from "./feeds/price-digits.ts";
import { type TokenMeterName, tokenMeters } from "./token-meters.ts";
import { type RateVariant, type ServiceTier, type TokenRates, variantIdOf } from "./token-rates.ts";

/** A model of a LiteLLM price list with the token prices that it states. */
export interface LitellmModel {
  readonly priceId: string;
  readonly provider: string;
  readonly mode: string;
  /** For 1,000,000 tokens. */
  readonly rates: TokenRates;
  /** Every rate is 0: stated to be free, unlike a model without a price. */
  readonly free: boolean;
  /** Fields with a price above 0 that are not among the rates, sorted. */
  readonly otherPrices: readonly string[];
}

/** Why a model is left out. */
export type LeftOutReason =
  | "not_a_model"
  | "no_price"
  | "no_token_price"
  | "tiered_pricing"
  | "price_id_invalid"
  | "number_invalid";

/** Entries of the list that are no models. */
export const nonModels = new Set(["sample_spec", "fallback_generalizations"]);
const priceIdForm = /^[A-Za-z0-9][A-Za-z0-9_.:@/+-]{0,199}$/;
export const modeForm = /^[a-z][a-z0-9_]{0,63}$/;
export const priceField = /cost|pricing/;
/** Rates are kept for a million tokens, as providers publish them. */
const perMillion = 6;

/** Field → meter. Of two fields with the same meaning the first wins. */
export const fieldMeters: Readonly<Record<string, TokenMeterName>> = {
  input_cost_per_token: "input_tokens",
  output_cost_per_token: "output_tokens",
  cache_read_input_token_cost: "cached_input_tokens",
  input_cost_per_token_cache_hit: "cached_input_tokens",
  cache_creation_input_token_cost: "cache_creation_input_tokens",
  cache_creation_input_token_cost_above_1hr: "cache_creation_1h_input_tokens",
  input_cost_per_audio_token: "input_audio_tokens",
  cache_read_input_audio_token_cost: "cached_input_audio_tokens",
  input_cost_per_image_token: "input_image_tokens",
  output_cost_per_reasoning_token: "reasoning_output_tokens",
  output_cost_per_audio_token: "output_audio_tokens",
  output_cost_per_image_token: "output_image_tokens",
};

const tierSuffixes: Readonly<Record<string, ServiceTier>> = {
  batches: "batch",
  flex: "flex",
  priority: "priority",
};

const variantSuffix = /^(.+?)(?:_above_([1-9][0-9]{0,5})k_tokens)?(?:_(batches|flex|priority))?$/;

/**
 * Reads one entry of LiteLLM's list. A record's numbers are {@link SourceNumber}, so that digits are kept.
 *
 * @returns the model, or why it is left out
 */
export function readLitellmModel(key: string, record: unknown): LitellmModel | LeftOutReason {
  if (nonModels.has(key) || typeof record !== "object" || record === null) return "not_a_model";
  const fields = record as Readonly<Record<string, unknown>>;
  const provider = typeof fields.litellm_provider === "string" ? fields.litellm_provider : "";
  const priceId = priceIdOf(key, provider);
  if (!priceIdForm.test(priceId)) return "price_id_invalid";
  const read = readRates(fields);
  if (read === undefined) return "number_invalid";
  const { rates, used } = read;
  const otherPrices = Object.keys(fields)
    .filter((field) => !used.has(field) && priceField.test(field) && isPriced(fields[field]))
    .sort();
  if (Object.keys(rates).length === 0) {
    if (otherPrices.includes("tiered_pricing")) return "tiered_pricing";
    return otherPrices.length === 0 ? "no_price" : "no_token_price";
  }
  const free = Object.values(rates).every((byVariant) =>
    Object.values(byVariant).every((rate) => rate === "0"),
  );
  // Tokens at 0 beside, say, a price for each image: the model is not free, only its tokens are not counted.
  if (free && otherPrices.length > 0) return "no_token_price";
  const mode = typeof fields.mode === "string" && modeForm.test(fields.mode) ? fields.mode : "";
  return { priceId, provider, mode, rates, free, otherPrices };
}

interface ReadRates {
  readonly rates: TokenRates;
  /** Fields that the rates say all about. */
  readonly used: ReadonlySet<string>;
}

/** The rates of a record; undefined if a price is not readable. */
function readRates(fields: Readonly<Record<string, unknown>>): ReadRates | undefined {
  const rates: Partial<Record<TokenMeterName, Record<string, string>>> = {};
  const used = new Set<string>();
  for (const baseField of Object.keys(fieldMeters)) {
    const meter = fieldMeters[baseField] as TokenMeterName;
    // A threshold or tier without the rate that it departs from cannot be understood; it stays among the others.
    if (!(fields[baseField] instanceof SourceNumber)) continue;
    for (const [field, value] of Object.entries(fields)) {
      const variant = variantOfField(field, baseField);
      if (variant === undefined || !(value instanceof SourceNumber)) continue;
      const rate = readPriceDigits(value.text, perMillion, true);
      if (rate === undefined) return undefined;
      used.add(field);
      rates[meter] ??= {};
      rates[meter][variantIdOf(variant)] ??= rate.toString();
    }
  }
  return { rates: withoutEchoes(rates), used };
}

/** A field as the one that it is a variant of, and when it applies. */
export function splitField(field: string): { readonly base: string; readonly variant: RateVariant } {
  const [, base = field, thousands, tier] = variantSuffix.exec(field) ?? [];
  return {
    base,
    variant: {
      aboveTokens: thousands === undefined ? undefined : Number(thousands) * 1_000,
      serviceTier: tier === undefined ? undefined : tierSuffixes[tier],
    },
  };
}

function variantOfField(field: string, baseField: string): RateVariant | undefined {
  const { base, variant } = splitField(field);
  return base === baseField ? variant : undefined;
}

/** The id of a model's price: its key, behind its provider unless it begins with it. */
export function priceIdOf(key: string, provider: string): string {
  return key.startsWith(`${provider}/`) ? key : `${provider}/${key}`;
}

/**
 * Drops the rates of a subset that only repeat its superset's standard rate while the superset has rates for
 * more tiers: billed apart, such reasoning tokens would miss the rate of their own request's tier.
 */
export function withoutEchoes(rates: TokenRates): TokenRates {
  const kept = Object.entries(rates).filter(([meter, byVariant]) => {
    const [superset] = tokenMeters[meter as TokenMeterName].subsetOf;
    const above = superset === undefined ? undefined : rates[superset];
    if (above === undefined) return true;
    const repeats = Object.entries(byVariant).every(([variant, rate]) => above[variant] === rate);
    return !repeats || Object.keys(above).length === Object.keys(byVariant).length;
  });
  return Object.fromEntries(kept);
}

function isPriced(value: unknown): boolean {
  if (value instanceof SourceNumber)
    return readPriceDigits(value.text, 0, true)?.equals(Decimal.zero) !== true;
  if (typeof value === "object" && value !== null) return Object.values(value).some(isPriced);
  return false;
}
