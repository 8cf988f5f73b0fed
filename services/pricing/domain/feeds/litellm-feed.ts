import { Decimal } from "#money/decimal.ts";
import {
  fieldMeters,
  modeForm,
  nonModels,
  priceField,
  priceIdOf,
  splitField,
  withoutEchoes,
} from "../litellm-model.ts";
import type { Condition } from "../price-terms.ts";
import { type TokenMeterName, tokenMeterNames, tokenMeters } from "../token-meters.ts";
import { compareVariants, conditionsOf, variantIdOf } from "../token-rates.ts";
import { type FeedRecord, quoted, type SkippedRecord, skipped } from "./feed-record.ts";
import { readPriceDigits, SourceNumber } from "./price-digits.ts";
import { type Rate, type RatedMeter, termsOfRates } from "./rated-meter.ts";

/** Rates of tokens are kept for a million, as providers publish them. */
const perMillion = { shift: 6, per: "1000000" } as const;
const perOne = { shift: 0, per: "1" } as const;

/** Fields that price tokens besides those that the bundled catalogue reads. */
const furtherTokenFields: Readonly<Record<string, string>> = {
  cache_creation_input_audio_token_cost: "cache_creation_input_audio_tokens",
  output_cost_per_video_token: "output_video_tokens",
  citation_cost_per_token: "citation_tokens",
};

/** Fields that price pixels, which cost as little as tokens. */
const pixelFields: Readonly<Record<string, string>> = {
  input_cost_per_pixel: "input_pixels",
  output_cost_per_pixel: "output_pixels",
};

/** Fields that price one of something. */
const unitFields: Readonly<Record<string, string>> = {
  input_cost_per_image: "input_images",
  output_cost_per_image: "output_images",
  input_cost_per_second: "input_seconds",
  output_cost_per_second: "output_seconds",
  input_cost_per_audio_per_second: "input_audio_seconds",
  input_cost_per_video_per_second: "input_video_seconds",
  output_cost_per_video_per_second: "output_video_seconds",
  input_cost_per_character: "input_characters",
  output_cost_per_character: "output_characters",
  input_cost_per_query: "queries",
  input_cost_per_request: "requests",
  ocr_cost_per_page: "pages",
  ocr_cost_per_credit: "ocr_credits",
  annotation_cost_per_page: "annotated_pages",
  code_interpreter_cost_per_session: "code_interpreter_sessions",
};

/** Fields that state the same price once more, in units of the provider's own. */
const repeatingFields = new Set(["input_dbu_cost_per_token", "output_dbu_cost_per_token"]);

const meterOfField: Readonly<Record<string, string>> = {
  ...fieldMeters,
  ...furtherTokenFields,
  ...pixelFields,
  ...unitFields,
};
const searchField = "search_context_cost_per_query";
const searchMeter = "search_queries";
const searchSize = /^search_context_size_(low|medium|high)$/;

/** Rates by meter and variant. */
type RatesByMeter = Map<string, Map<string, Rate>>;

/** Why a record cannot be read: thrown, since it may be found anywhere. */
class Unreadable extends Error {
  readonly skip: (name: string) => SkippedRecord;

  constructor(...[reason, detail]: [reason: SkippedRecord["reason"], detail: string]) {
    super(detail);
    this.skip = (name) => skipped(name, reason, detail);
  }
}

/** Reads LiteLLM's list, an object of records by name. */
export function readLitellmList(list: Readonly<Record<string, unknown>>, currencyCode: string): FeedRecord[] {
  return withoutDuplicates(
    Object.entries(list).map(([name, value]) => readRecord(name, value, currencyCode)),
  );
}

function readRecord(name: string, value: unknown, currencyCode: string): FeedRecord {
  if (nonModels.has(name)) return skipped(name, "not_a_price", "not a model");
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof SourceNumber)
    return skipped(name, "not_a_price", "the record is no object");
  const fields = value as Readonly<Record<string, unknown>>;
  const provider = typeof fields.litellm_provider === "string" ? fields.litellm_provider : "";
  const mode = typeof fields.mode === "string" && modeForm.test(fields.mode) ? fields.mode : "";
  try {
    const rated = readRates(fields);
    if (rated.length === 0) return skipped(name, "unpriced", "the record states no price");
    const priceId = priceIdOf(name, provider);
    return {
      kind: "priced",
      name,
      priceId,
      displayName: "",
      provider,
      mode,
      ...termsOfRates(currencyCode, rated),
    };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return error.skip(name);
  }
}

function readRates(fields: Readonly<Record<string, unknown>>): RatedMeter[] {
  const rates: RatesByMeter = new Map();
  for (const [field, value] of Object.entries(fields)) {
    if (!priceField.test(field) || value === null || repeatingFields.has(field)) continue;
    if (field === searchField) readSearchRates(value, rates);
    else if (field === "tiered_pricing") readTiers(value, rates);
    else readField(field, value, rates);
  }
  return toRatedMeters(rates);
}

function readField(field: string, value: unknown, rates: RatesByMeter): void {
  const { base, variant } = splitField(field);
  const meter = meterOfField[base];
  if (meter === undefined) {
    if (value instanceof SourceNumber && readPriceDigits(value.text, 0, true)?.isZero()) return;
    throw new Unreadable("key_unknown", `${field} states a price that is not understood`);
  }
  addRate(
    rates,
    meter,
    { variantId: variantIdOf(variant), conditions: conditionsOf(variant) },
    field,
    value,
    scaleOf(base),
  );
}

function scaleOf(field: string): typeof perMillion | typeof perOne {
  return field in unitFields ? perOne : perMillion;
}

function addRate(
  rates: RatesByMeter,
  meter: string,
  variant: Pick<Rate, "variantId" | "conditions">,
  key: string,
  value: unknown,
  { shift, per }: { readonly shift: number; readonly per: string },
): void {
  const amount = value instanceof SourceNumber ? readPriceDigits(value.text, shift, true) : undefined;
  if (!(value instanceof SourceNumber) || amount === undefined)
    throw new Unreadable("value_invalid", `${key} is ${quoted(value)}, which is no price`);
  const byVariant = rates.get(meter) ?? new Map<string, Rate>();
  rates.set(meter, byVariant);
  const unitAmount = amount.toString();
  const other = byVariant.get(variant.variantId);
  if (other !== undefined && other.unitAmount !== unitAmount)
    throw new Unreadable("contradictory", `${other.origin.key} and ${key} state the same and differ`);
  byVariant.set(variant.variantId, {
    ...variant,
    unitAmount,
    per,
    origin: other?.origin ?? { key, value: value.text },
  });
}

/** A price for each size of a search's context; one for all where they are equal. */
function readSearchRates(value: unknown, rates: RatesByMeter): void {
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof SourceNumber)
    throw new Unreadable("value_invalid", `${searchField} is ${quoted(value)}, which is no list of prices`);
  const sizes = Object.entries(value);
  const first = sizes[0]?.[1];
  const isSame = (each: unknown) =>
    each instanceof SourceNumber && first instanceof SourceNumber && each.text === first.text;
  for (const [key, price] of sizes) {
    const [, size] = searchSize.exec(key) ?? [];
    const path = `${searchField}.${key}`;
    if (size === undefined)
      throw new Unreadable("key_unknown", `${path} states a price that is not understood`);
    const all = sizes.length > 1 && sizes.every(([, each]) => isSame(each));
    const condition: Condition = {
      kind: "attribute",
      attribute: "search_context_size",
      match: "any_of",
      values: [size],
    };
    const variant = all
      ? { variantId: "standard", conditions: [] }
      : { variantId: size, conditions: [condition] };
    addRate(rates, searchMeter, variant, path, price, perOne);
  }
}

/** Rates by the length of the prompt: `[{range: [0, 256000], input_cost_per_token: …}, …]`. */
function readTiers(value: unknown, rates: RatesByMeter): void {
  if (!Array.isArray(value) || value.length === 0)
    throw new Unreadable("value_invalid", `tiered_pricing is ${quoted(value)}, which is no list of tiers`);
  let begin = "0";
  for (const [index, tier] of value.entries()) {
    const { range, ...fields } = (tier ?? {}) as Record<string, unknown>;
    const [from, to] = (Array.isArray(range) ? range : []).map((bound) =>
      bound instanceof SourceNumber ? readPriceDigits(bound.text, 0)?.toString() : undefined,
    );
    if (from === undefined || to === undefined)
      throw new Unreadable("key_unknown", `tiered_pricing[${index}] has no range of input tokens`);
    if (from !== begin || Decimal.parse(to).compare(Decimal.parse(from)) <= 0)
      throw new Unreadable(
        "contradictory",
        `tiered_pricing[${index}] does not begin where the tier before ends`,
      );
    begin = to;
    const bounds = {
      kind: "quantity",
      meter: "input_tokens",
      ...(from === "0" ? {} : { above: from }),
      upTo: to,
    } as const;
    const variant = { variantId: `up_to_${to.replaceAll(".", "_")}`, conditions: [bounds] };
    for (const [field, price] of Object.entries(fields)) {
      if (!priceField.test(field) || price === null) continue;
      const meter = meterOfField[field];
      const path = `tiered_pricing[${index}].${field}`;
      if (meter === undefined)
        throw new Unreadable("key_unknown", `${path} states a price that is not understood`);
      addRate(rates, meter, variant, path, price, scaleOf(field));
    }
  }
}

function toRatedMeters(rates: RatesByMeter): RatedMeter[] {
  const kept = withoutRepeats(rates);
  const order = [
    ...tokenMeterNames,
    "citation_tokens",
    ...Object.values(pixelFields),
    ...Object.values(unitFields),
    searchMeter,
  ];
  return order.flatMap((meter) => {
    const byVariant = kept.get(meter);
    if (byVariant === undefined) return [];
    const sorted = [...byVariant.values()].sort((left, right) =>
      compareVariants(left.variantId, right.variantId),
    );
    const isWhole =
      byVariant.has("standard") || sorted.every(({ variantId }) => closedVariant.test(variantId));
    return [isWhole ? { meter, subsetOf: [], rates: sorted } : partialMeter(meter, sorted)];
  });
}

/** Variants that together are a whole price without a standard one. */
const closedVariant = /^(up_to_[0-9_]+|low|medium|high)$/;

/**
 * A part of the prompt with a rate above a threshold only: below it the part is billed with the whole, so the
 * component applies above it only.
 */
function partialMeter(meter: string, sorted: readonly Rate[]): RatedMeter {
  const last = sorted.at(-1);
  const [condition] = last?.conditions ?? [];
  const isPart = (tokenMeters[meter as TokenMeterName]?.subsetOf.length ?? 0) > 0;
  const threshold = condition?.kind === "quantity" ? JSON.stringify(condition) : "";
  const isShared = sorted.every(({ conditions }) =>
    conditions.some((each) => JSON.stringify(each) === threshold),
  );
  if (condition === undefined || last?.conditions.length !== 1 || !isPart || !isShared)
    throw new Unreadable("key_unknown", `${last?.origin.key} departs from a price that is not stated`);
  return { meter, subsetOf: [], conditions: [condition], rates: sorted };
}

/** Without rates of a subset that only repeat those of its superset; see `withoutEchoes`. */
function withoutRepeats(rates: RatesByMeter): RatesByMeter {
  const tokens = [...rates].filter(([meter]) => tokenMeterNames.includes(meter as TokenMeterName));
  const texts = tokens.map(([meter, byVariant]) => [
    meter,
    Object.fromEntries([...byVariant].map(([variant, { unitAmount }]) => [variant, unitAmount])),
  ]);
  const kept = withoutEchoes(Object.fromEntries(texts));
  return new Map([...rates].filter(([meter]) => !tokens.some(([token]) => token === meter) || meter in kept));
}

/** Two names may mean one price: the one that is the whole id speaks for it. */
function withoutDuplicates(records: readonly FeedRecord[]): FeedRecord[] {
  const speakers = new Map<string, string>();
  for (const record of records) {
    if (record.kind !== "priced") continue;
    if (!speakers.has(record.priceId) || record.name === record.priceId)
      speakers.set(record.priceId, record.name);
  }
  return records.map((record) => {
    if (record.kind !== "priced" || speakers.get(record.priceId) === record.name) return record;
    return skipped(record.name, "duplicate", `${speakers.get(record.priceId)} is the same price`);
  });
}
