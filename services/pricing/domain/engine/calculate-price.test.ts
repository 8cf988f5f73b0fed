import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Decimal } from "#money/decimal.ts";
import { component, decimalsOf, perUnit, termsOf, usageOf } from "../../testing/terms.ts";
import type { PriceTerms } from "../price-terms.ts";
import { PricingError } from "../pricing-error.ts";
import { calculatePrice } from "./calculate-price.ts";
import { flat, million, tokens } from "./testing/token-terms.ts";
import type { Usage } from "./usage.ts";

const totalOf = (terms: PriceTerms, usage: Usage) => calculatePrice(terms, usage).total.toString();

const everything = tokens({
  input_tokens: { standard: "2", above_200k: "4", batch: "1", above_200k_batch: "1.9" },
  output_tokens: { standard: "8", above_200k: "16" },
  cached_input_tokens: { standard: "0.2" },
  cache_creation_input_tokens: { standard: "2.5" },
  cache_creation_1h_input_tokens: { standard: "4" },
  input_audio_tokens: { standard: "10" },
  reasoning_output_tokens: { standard: "12" },
});

describe("each unit is billed once", () => {
  const cases: readonly [name: string, quantities: Record<string, number>, millionths: number][] = [
    ["plain", { input_tokens: 100, output_tokens: 10 }, 280],
    ["cached", { input_tokens: 100, cached_input_tokens: 40 }, 60 * 2 + 40 * 0.2],
    [
      "two depths of cache creation",
      { input_tokens: 100, cache_creation_input_tokens: 50, cache_creation_1h_input_tokens: 20 },
      50 * 2 + 30 * 2.5 + 20 * 4,
    ],
    [
      "cached audio, in two sets and without a rate of its own",
      { input_tokens: 100, cached_input_tokens: 30, input_audio_tokens: 20, cached_input_audio_tokens: 5 },
      // 55 plain, 30 cached (5 of them audio), 15 fresh audio
      55 * 2 + 30 * 0.2 + 15 * 10,
    ],
    ["images without a rate are input", { input_tokens: 100, input_image_tokens: 60 }, 200],
    ["reasoning", { output_tokens: 100, reasoning_output_tokens: 75 }, 25 * 8 + 75 * 12],
    ["all in a subset", { input_tokens: 40, cached_input_tokens: 40 }, 8],
  ];
  for (const [name, quantities, millionths] of cases) {
    test(name, () => {
      const { total } = calculatePrice(everything, usageOf(quantities));
      assert.equal(total.multiply(million).toString(), String(millionths));
    });
  }
});

describe("the rate", () => {
  const cases: readonly [name: string, input: number, tier: string | undefined, unitPrice: string][] = [
    ["standard", 200_000, undefined, "2"],
    ["a tier", 200_000, "batch", "1"],
    ["above the threshold", 200_001, undefined, "4"],
    ["above the threshold in a tier", 200_001, "batch", "1.9"],
    ["a tier without a rate is standard", 200_000, "priority", "2"],
    ["a tier without a rate above the threshold takes the long context's", 200_001, "priority", "4"],
  ];
  for (const [name, input, tier, unitPrice] of cases) {
    test(name, () => {
      const attributes = new Map(tier === undefined ? [] : [["service_tier", tier]]);
      const { lines } = calculatePrice(everything, usageOf({ input_tokens: input }, { attributes }));
      assert.deepEqual(
        lines.map((line) => line.unitPrice?.toString()),
        [unitPrice],
      );
    });
  }

  test("one token above the threshold reprices the whole request, output included", () => {
    const output = { output_tokens: 1_000_000 };
    assert.equal(totalOf(everything, usageOf({ input_tokens: 200_000, ...output })), "8.4");
    assert.equal(totalOf(everything, usageOf({ input_tokens: 200_001, ...output })), "16.800004");
  });

  test("cached tokens count for the length of the context", () => {
    const usage = usageOf({ input_tokens: 200_001, cached_input_tokens: 200_000 });
    assert.equal(totalOf(everything, usage), "0.040004");
  });
});

test("lines say in words how the total came about", () => {
  const usage = usageOf({ input_tokens: 250_000, cached_input_tokens: 800, output_tokens: 350 });
  assert.deepEqual(
    calculatePrice(everything, usage).lines.map(({ description }) => description),
    [
      "249,200 of 250,000 input tokens × 4 USD per 1,000,000 = 0.9968 USD (above 200,000 input tokens)",
      "350 output tokens × 16 USD per 1,000,000 = 0.0056 USD (above 200,000 input tokens)",
      "800 cached input tokens × 0.2 USD per 1,000,000 = 0.00016 USD",
    ],
  );
});

test("what is priced at 0 is free and says so; nothing used has no line", () => {
  const free = flat({ input_tokens: "0", output_tokens: "0" });
  const { total, lines } = calculatePrice(free, usageOf({ input_tokens: 7, output_tokens: 0 }));
  assert.equal(total.toString(), "0");
  assert.deepEqual(
    lines.map(({ description }) => description),
    ["7 input tokens × 0 USD per 1,000,000 = 0 USD"],
  );
});

describe("a usage that cannot be priced", () => {
  const euOnly = termsOf(
    [
      component("requests", [
        perUnit("1", {
          variantId: "eu",
          conditions: [{ kind: "attribute", attribute: "region", match: "any_of", values: ["eu"] }],
        }),
      ]),
      component(
        "storage",
        [perUnit("1")],
        [{ kind: "attribute", attribute: "plan", match: "present", values: [] }],
      ),
    ],
    { archived: [] },
  );
  const cases: readonly {
    name: string;
    terms: PriceTerms;
    usage: Usage;
    reason: string;
    metadata: Record<string, string>;
    says: RegExp;
  }[] = [
    {
      name: "an unknown meter, even at 0",
      terms: everything,
      usage: usageOf({ input_tokens: 1, inptu_tokens: 0 }),
      reason: "METER_UNKNOWN",
      metadata: { meter: "inptu_tokens", price_id: "test/price" },
      says: /it knows .*input_tokens/,
    },
    {
      name: "an unknown meter among the prior quantities",
      terms: everything,
      usage: usageOf({ input_tokens: 1 }, { priorQuantities: decimalsOf({ images: 1 }) }),
      reason: "METER_UNKNOWN",
      metadata: { meter: "images", price_id: "test/price" },
      says: /images/,
    },
    {
      name: "a known meter that nothing bills",
      terms: everything,
      usage: usageOf({ output_tokens: 10, output_audio_tokens: 3 }),
      reason: "PRICE_NOT_APPLICABLE",
      metadata: { meter: "output_audio_tokens", price_id: "test/price" },
      says: /3 output audio tokens/,
    },
    {
      name: "a component whose conditions do not hold",
      terms: euOnly,
      usage: usageOf({ storage: 2 }),
      reason: "PRICE_NOT_APPLICABLE",
      metadata: { meter: "storage", price_id: "test/price" },
      says: /2 storage/,
    },
    {
      name: "no variant whose conditions hold",
      terms: euOnly,
      usage: usageOf({ requests: 2 }, { attributes: new Map([["region", "us"]]) }),
      reason: "PRICE_NOT_APPLICABLE",
      metadata: { component_id: "requests", meter: "requests", price_id: "test/price" },
      says: /no variant of requests/,
    },
    {
      name: "a subset larger than its superset",
      terms: everything,
      usage: usageOf({ input_tokens: 10, cached_input_tokens: 11 }),
      reason: "USAGE_INVALID",
      metadata: { meter: "input_tokens", price_id: "test/price" },
      says: /input_tokens is 10, but its subsets \(cached_input_tokens\) hold 11/,
    },
    {
      name: "a subset without its superset",
      terms: everything,
      usage: usageOf({ reasoning_output_tokens: 1 }),
      reason: "USAGE_INVALID",
      metadata: { meter: "output_tokens", price_id: "test/price" },
      says: /output_tokens is 0/,
    },
    {
      name: "subsets that are larger together",
      terms: everything,
      usage: usageOf({ input_tokens: 10, cached_input_tokens: 6, cache_creation_input_tokens: 5 }),
      reason: "USAGE_INVALID",
      metadata: { meter: "input_tokens", price_id: "test/price" },
      says: /hold 11/,
    },
    {
      name: "an end before the beginning",
      terms: everything,
      usage: usageOf({ input_tokens: 1 }, { atMs: 1_000, endedAtMs: 999 }),
      reason: "USAGE_INVALID",
      metadata: { price_id: "test/price" },
      says: /ended_at/,
    },
    {
      name: "events, which would go unbilled",
      terms: everything,
      usage: usageOf(
        { input_tokens: 1 },
        { events: [{ quantities: new Map(), amount: Decimal.one, atMs: undefined }] },
      ),
      reason: "USAGE_INVALID",
      metadata: { price_id: "test/price" },
      says: /events/,
    },
    {
      name: "a total beyond 25 digits",
      terms: termsOf([component("units", [perUnit("999999999999999999")])]),
      usage: usageOf({ units: "999999999999999999" }),
      reason: "AMOUNT_OVERFLOW",
      metadata: {},
      says: /25 digits/,
    },
    {
      name: "subsets in a circle",
      terms: termsOf([component("a", [perUnit("1")])], { a: ["b"], b: ["a"] }),
      usage: usageOf({ a: 1 }),
      reason: "PRICE_INVALID",
      metadata: {},
      says: /circle/,
    },
  ];
  for (const { name, terms, usage, reason, metadata, says } of cases) {
    test(`${name} is ${reason}`, () => {
      assert.throws(
        () => calculatePrice(terms, usage),
        (error) => {
          assert.ok(error instanceof PricingError);
          assert.equal(error.reason, reason);
          assert.deepEqual(error.metadata, metadata);
          assert.match(error.message, says);
          return true;
        },
      );
    });
  }

  test("a quantity of 0 asks for no variant and for no biller", () => {
    assert.equal(totalOf(euOnly, usageOf({ requests: 0, storage: 0, archived: 0 })), "0");
    assert.equal(totalOf(everything, usageOf({ input_tokens: 1, output_audio_tokens: 0 })), "0.000002");
  });
});
