import assert from "node:assert/strict";
import { test } from "node:test";
import { SourceNumber } from "./feeds/price-digits.ts";
import { type LitellmModel, readLitellmModel } from "./litellm-model.ts";

/** A record as the list has it, its numbers as text. */
function record(fields: Record<string, string | object>, provider = "acme"): Record<string, unknown> {
  const numbers = Object.entries(fields).map(([field, value]) => [
    field,
    typeof value === "string" ? new SourceNumber(value) : value,
  ]);
  return { litellm_provider: provider, mode: "chat", ...Object.fromEntries(numbers) };
}

function model(fields: Record<string, string | object>, key = "m-1"): LitellmModel {
  const read = readLitellmModel(key, record(fields));
  assert.ok(typeof read === "object", `left out: ${String(read)}`);
  return read;
}

const inAndOut = { input_cost_per_token: "1e-06", output_cost_per_token: "2e-06" };

const ids: readonly [provider: string, key: string, priceId: string][] = [
  ["openai", "gpt-4o", "openai/gpt-4o"],
  ["gemini", "gemini/gemini-2.5-pro", "gemini/gemini-2.5-pro"],
  ["bedrock", "us.anthropic.claude-v1:0", "bedrock/us.anthropic.claude-v1:0"],
  ["openai", "openai-like/x", "openai/openai-like/x"],
];
for (const [provider, key, priceId] of ids) {
  test(`${key} of ${provider} is the price ${priceId}`, () => {
    assert.equal((readLitellmModel(key, record(inAndOut, provider)) as LitellmModel).priceId, priceId);
  });
}

test("every token price becomes the rate of its meter", () => {
  const { rates, otherPrices, free } = model({
    ...inAndOut,
    cache_read_input_token_cost: "1e-07",
    cache_creation_input_token_cost: "1.25e-06",
    cache_creation_input_token_cost_above_1hr: "3e-06",
    input_cost_per_audio_token: "4e-06",
    cache_read_input_audio_token_cost: "5e-07",
    input_cost_per_image_token: "6e-06",
    output_cost_per_reasoning_token: "7e-06",
    output_cost_per_audio_token: "8e-06",
    output_cost_per_image_token: "9e-06",
  });
  assert.deepEqual(rates, {
    input_tokens: { standard: "1" },
    output_tokens: { standard: "2" },
    cached_input_tokens: { standard: "0.1" },
    cache_creation_input_tokens: { standard: "1.25" },
    cache_creation_1h_input_tokens: { standard: "3" },
    input_audio_tokens: { standard: "4" },
    cached_input_audio_tokens: { standard: "0.5" },
    input_image_tokens: { standard: "6" },
    reasoning_output_tokens: { standard: "7" },
    output_audio_tokens: { standard: "8" },
    output_image_tokens: { standard: "9" },
  });
  assert.deepEqual(otherPrices, []);
  assert.equal(free, false);
});

test("tiers and thresholds become variants, also both at once", () => {
  const { rates } = model({
    ...inAndOut,
    input_cost_per_token_batches: "5e-07",
    input_cost_per_token_flex: "6e-07",
    input_cost_per_token_priority: "3e-06",
    input_cost_per_token_above_272k_tokens: "2e-06",
    input_cost_per_token_above_272k_tokens_priority: "4e-06",
    cache_creation_input_token_cost: "1.25e-06",
    cache_creation_input_token_cost_above_1hr: "3e-06",
    cache_creation_input_token_cost_above_1hr_above_200k_tokens: "6e-06",
  });
  assert.deepEqual(rates.input_tokens, {
    standard: "1",
    batch: "0.5",
    flex: "0.6",
    priority: "3",
    above_272k: "2",
    above_272k_priority: "4",
  });
  assert.deepEqual(rates.cache_creation_1h_input_tokens, { standard: "3", above_200k: "6" });
  assert.deepEqual(rates.cache_creation_input_tokens, { standard: "1.25" });
});

test("the older name of the cached rate counts where the newer one is missing", () => {
  const older = { input_cost_per_token_cache_hit: "1e-07" };
  assert.deepEqual(model({ ...inAndOut, ...older }).rates.cached_input_tokens, { standard: "0.1" });
  const both = { ...older, cache_read_input_token_cost: "2e-07" };
  assert.deepEqual(model({ ...inAndOut, ...both }).rates.cached_input_tokens, { standard: "0.2" });
});

test("a threshold without the rate that it departs from is no rate, and is named", () => {
  const { rates, otherPrices } = model({
    ...inAndOut,
    cache_creation_input_token_cost_above_200k_tokens: "2.5e-07",
  });
  assert.equal(rates.cache_creation_input_tokens, undefined);
  assert.deepEqual(otherPrices, ["cache_creation_input_token_cost_above_200k_tokens"]);
});

test("a reasoning rate that only repeats the output's standard rate gives way to the output's tiers", () => {
  const reasoning = { output_cost_per_reasoning_token: "2e-06" };
  assert.deepEqual(model({ ...inAndOut, ...reasoning }).rates.reasoning_output_tokens, { standard: "2" });
  const tiers = { output_cost_per_token_batches: "1e-06" };
  assert.equal(model({ ...inAndOut, ...tiers, ...reasoning }).rates.reasoning_output_tokens, undefined);
  const dearer = { output_cost_per_reasoning_token: "3e-06" };
  assert.deepEqual(model({ ...inAndOut, ...tiers, ...dearer }).rates.reasoning_output_tokens, {
    standard: "3",
  });
});

test("other prices are named when they are above 0", () => {
  const { otherPrices } = model({
    ...inAndOut,
    input_cost_per_request: "0.005",
    input_cost_per_image: "0.0",
    search_context_cost_per_query: { search_context_size_low: new SourceNumber("0.01") },
  });
  assert.deepEqual(otherPrices, ["input_cost_per_request", "search_context_cost_per_query"]);
});

test("free is what is stated at 0", () => {
  assert.equal(model({ input_cost_per_token: "0.0", output_cost_per_token: "0" }).free, true);
  assert.equal(model({ input_cost_per_token: "0.0", output_cost_per_token: "1e-09" }).free, false);
});

const leftOut: readonly [name: string, key: string, record: unknown, reason: string][] = [
  ["the sample", "sample_spec", record(inAndOut), "not_a_model"],
  ["the fallback rules", "fallback_generalizations", { rules: [] }, "not_a_model"],
  ["what is no record", "m", null, "not_a_model"],
  ["a model without any price", "m", record({ max_tokens: "4096" }), "no_price"],
  ["a model priced by the image", "m", record({ output_cost_per_image: "0.04" }), "no_token_price"],
  [
    "tokens at 0 beside a price for each query",
    "m",
    record({ input_cost_per_token: "0.0", output_cost_per_token: "0.0", input_cost_per_query: "0.001" }),
    "no_token_price",
  ],
  [
    "tiers in a list of their own",
    "m",
    record({ tiered_pricing: [{ input_cost_per_token: new SourceNumber("1e-06") }] }),
    "tiered_pricing",
  ],
  ["an id with a wildcard", "*/m", record(inAndOut), "price_id_invalid"],
  ["a model without a provider", "m", record(inAndOut, ""), "price_id_invalid"],
  ["a negative price", "m", record({ input_cost_per_token: "-1e-06" }), "number_invalid"],
  ["a price beyond all bounds", "m", record({ input_cost_per_token: "1e400" }), "number_invalid"],
];
for (const [name, key, entry, reason] of leftOut) {
  test(`${name} is left out: ${reason}`, () => assert.equal(readLitellmModel(key, entry), reason));
}
