import { type FeedRecord, quoted, skipped } from "./feed-record.ts";
import { readPriceDigits, SourceNumber } from "./price-digits.ts";
import { type Rate, type RatedMeter, termsOfRates } from "./rated-meter.ts";

/** Keys of `pricing` → meter and how many units its kept rate buys. */
const pricingKeys: Readonly<
  Record<string, { readonly meter: string; readonly shift: number; readonly per: string }>
> = {
  prompt: tokens("input_tokens"),
  completion: tokens("output_tokens"),
  input_cache_read: tokens("cached_input_tokens"),
  input_cache_write: tokens("cache_creation_input_tokens"),
  input_cache_write_1h: tokens("cache_creation_1h_input_tokens"),
  internal_reasoning: tokens("reasoning_output_tokens"),
  audio: tokens("input_audio_tokens"),
  audio_output: tokens("output_audio_tokens"),
  input_audio_cache: tokens("cached_input_audio_tokens"),
  image_token: tokens("input_image_tokens"),
  image_output: tokens("output_image_tokens"),
  image: units("input_images"),
  request: units("requests"),
  web_search: units("search_queries"),
};

function tokens(meter: string) {
  return { meter, shift: 6, per: "1000000" };
}

function units(meter: string) {
  return { meter, shift: 0, per: "1" };
}

/** Prices by length of the prompt, besides the plain ones. */
const overridesKey = "overrides";
const thresholdKey = "min_prompt_tokens";
/** What OpenRouter writes where the price depends on the model that it chooses. */
const variablePrice = "-1";

/** Reads the answer of OpenRouter's /api/v1/models; undefined if it is none. */
export function readOpenrouterList(document: unknown, currencyCode: string): FeedRecord[] | undefined {
  const data = (document as { readonly data?: unknown } | null)?.data;
  if (!Array.isArray(data)) return undefined;
  const seen = new Set<string>();
  return data.map((value, index): FeedRecord => {
    const record = (typeof value === "object" && value !== null ? value : {}) as Readonly<
      Record<string, unknown>
    >;
    const name = typeof record.id === "string" ? record.id : `data[${index}]`;
    if (typeof record.id !== "string") return skipped(name, "not_a_price", "the record has no id");
    if (seen.has(name)) return skipped(name, "duplicate", "the list has the name twice");
    seen.add(name);
    return readRecord(name, record, currencyCode);
  });
}

function readRecord(
  name: string,
  record: Readonly<Record<string, unknown>>,
  currencyCode: string,
): FeedRecord {
  const { pricing } = record;
  if (typeof pricing !== "object" || pricing === null)
    return skipped(name, "unpriced", "the record has no pricing");
  const rates = new Map<string, Rate[]>();
  const { [overridesKey]: overrides, ...plain } = pricing as Readonly<Record<string, unknown>>;
  const sets: Array<
    readonly [
      prefix: string,
      values: Readonly<Record<string, unknown>>,
      variant: Pick<Rate, "variantId" | "conditions">,
    ]
  > = [["pricing", plain, { variantId: "standard", conditions: [] }]];
  for (const [index, each] of (Array.isArray(overrides) ? overrides : []).entries()) {
    const { [thresholdKey]: threshold, ...values } = (each ?? {}) as Readonly<Record<string, unknown>>;
    const above = thresholdBelow(threshold);
    const path = `pricing.${overridesKey}[${index}]`;
    if (above === undefined) return skipped(name, "key_unknown", `${path} has no ${thresholdKey}`);
    const condition = { kind: "quantity", meter: "input_tokens", above } as const;
    sets.push([path, values, { variantId: `above_${above}`, conditions: [condition] }]);
  }
  for (const [prefix, values, variant] of sets) {
    for (const [key, value] of Object.entries(values)) {
      const fault = readPrice(name, `${prefix}.${key}`, key, value, variant, rates);
      if (fault !== undefined) return fault;
    }
  }
  if (rates.size === 0) return skipped(name, "unpriced", "the record states no price");
  const rated = [...rates].map(
    ([meter, list]): RatedMeter => ({ meter, subsetOf: [], rates: mostSpecialFirst(list) }),
  );
  if (rated.some(({ rates: list }) => list.at(-1)?.variantId !== "standard"))
    return skipped(name, "key_unknown", `${overridesKey} depart from a price that is not stated`);
  return {
    kind: "priced",
    name,
    priceId: name,
    displayName: typeof record.name === "string" ? record.name.slice(0, 200) : "",
    provider: name.includes("/") ? (name.split("/")[0] ?? "") : "",
    mode: "",
    ...termsOfRates(currencyCode, rated),
  };
}

/** Adds a rate; gives the skip if the record cannot be read. */
function readPrice(
  name: string,
  path: string,
  key: string,
  value: unknown,
  variant: Pick<Rate, "variantId" | "conditions">,
  rates: Map<string, Rate[]>,
): FeedRecord | undefined {
  if (value === null || value === "") return undefined;
  const text = value instanceof SourceNumber ? value.text : value;
  if (typeof text !== "string")
    return skipped(name, "value_invalid", `${path} is ${quoted(value)}, which is no price`);
  if (text === variablePrice)
    return skipped(name, "variable_price", `${path} is ${variablePrice}: the price varies`);
  const known = pricingKeys[key];
  if (known === undefined) {
    if (readPriceDigits(text, 0)?.isZero()) return undefined;
    return skipped(name, "key_unknown", `${path} states a price that is not understood`);
  }
  const amount = readPriceDigits(text, known.shift);
  if (amount === undefined)
    return skipped(name, "value_invalid", `${path} is ${quoted(value)}, which is no price`);
  const list = rates.get(known.meter) ?? [];
  rates.set(known.meter, list);
  list.push({
    ...variant,
    unitAmount: amount.toString(),
    per: known.per,
    origin: { key: path, value: text },
  });
  return undefined;
}

/** Whole tokens: from the threshold on is above the one before it. */
function thresholdBelow(threshold: unknown): string | undefined {
  const text = threshold instanceof SourceNumber ? threshold.text : threshold;
  if (typeof text !== "string" || !/^[1-9][0-9]{0,11}$/.test(text)) return undefined;
  return String(BigInt(text) - 1n);
}

function mostSpecialFirst(rates: readonly Rate[]): Rate[] {
  const thresholdOf = ({ conditions: [condition] }: Rate) =>
    condition?.kind === "quantity" ? Number(condition.above) : -1;
  return rates.toSorted((left, right) => thresholdOf(right) - thresholdOf(left));
}
