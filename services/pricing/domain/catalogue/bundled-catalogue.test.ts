import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readBundledFile } from "../../store/bundled-file.ts";
import { usageOf } from "../../testing/terms.ts";
import { calculatePrice } from "../engine/calculate-price.ts";
import type { PriceTerms } from "../price-terms.ts";
import { readBundledPrices } from "./bundled-catalogue.ts";

const { file, prices } = readBundledPrices(readBundledFile());

test("the file says where its prices come from, of which day and under which terms", () => {
  assert.equal(file.name, `litellm-${file.date}`);
  assert.match(file.source, /BerriAI\/litellm/);
  assert.equal(file.licence, "MIT");
  assert.match(file.copyright, /Berri AI/);
});

test("every entry of the source is a price or left out for a reason", () => {
  const leftOut = Object.values(file.leftOut).reduce((so, count) => so + count, 0);
  assert.equal(file.priceCount + leftOut, file.entryCount);
  assert.equal(file.entryCount, 2_986);
  assert.equal(file.priceCount, 2_486);
  assert.equal(prices.filter(({ price }) => price.description.includes("free of charge")).length, 109);
});

test("every price can be named and calculated, and its version says the day", () => {
  for (const { price, version } of prices) {
    const { priceId, versions } = price;
    assert.match(priceId, /^[A-Za-z0-9][A-Za-z0-9_.:@/+-]{0,199}$/);
    assert.match(version.versionId, /^litellm-2026-08-06[.][0-9a-f]{16}$/);
    assert.equal(version.effectiveFromMs, Date.parse("2026-08-06T00:00:00Z"));
    assert.deepEqual(versions, [{ versionId: version.versionId, effectiveFromMs: version.effectiveFromMs }]);
    for (const { meter } of version.terms.components) {
      // A subset alone is invalid, so the usage names every set that it is in, and nothing else.
      const quantities = Object.fromEntries(version.terms.meters.map((each) => [each.meter, "0"]));
      for (const set of withSupersets(meter, version.terms)) quantities[set] = "3";
      const { lines } = calculatePrice(version.terms, usageOf(quantities, { priceId }));
      assert.deepEqual(
        lines.map((line) => [line.meter, line.quantity.toString()]),
        [[meter, "3"]],
        priceId,
      );
    }
  }
});

function withSupersets(meter: string, terms: PriceTerms): string[] {
  const { subsetOf = [] } = terms.meters.find((each) => each.meter === meter) ?? {};
  return [meter, ...subsetOf.flatMap((superset) => withSupersets(superset, terms))];
}

test("equal files give equal version ids, other terms other ids", () => {
  const again = readBundledPrices(readBundledFile()).prices;
  assert.deepEqual(
    again.map(({ version }) => version.versionId),
    prices.map(({ version }) => version.versionId),
  );
  const [[priceId, bundled] = ["", undefined]] = Object.entries(file.prices);
  const other = { ...bundled, rates: { input_tokens: "3.000000001", output_tokens: "3" } };
  const changed = readBundledPrices({ ...file, prices: { ...file.prices, [priceId]: other } }).prices;
  assert.notEqual(changed[0]?.version.versionId, prices[0]?.version.versionId);
});

describe("well-known models", () => {
  const cases: readonly {
    priceId: string;
    quantities: Record<string, number>;
    tier?: string;
    total: string;
  }[] = [
    {
      priceId: "openai/gpt-4o",
      quantities: { input_tokens: 1_200, cached_input_tokens: 0, output_tokens: 350 },
      total: "0.0065",
    },
    {
      priceId: "openai/gpt-4o",
      quantities: { input_tokens: 1_200, output_tokens: 350 },
      tier: "batch",
      total: "0.00325",
    },
    {
      priceId: "anthropic/claude-sonnet-4-5",
      quantities: {
        input_tokens: 10_000,
        cached_input_tokens: 4_000,
        cache_creation_input_tokens: 3_000,
        cache_creation_1h_input_tokens: 1_000,
        output_tokens: 500,
        reasoning_output_tokens: 300,
      },
      // 3,000 × 3 + 4,000 × 0.3 + 2,000 × 3.75 + 1,000 × 6 + 500 × 15
      total: "0.0312",
    },
    {
      priceId: "gemini/gemini-2.5-pro",
      quantities: { input_tokens: 200_000, output_tokens: 1_000 },
      total: "0.26",
    },
    {
      priceId: "gemini/gemini-2.5-pro",
      quantities: { input_tokens: 200_001, output_tokens: 1_000 },
      total: "0.5150025",
    },
  ];
  for (const { priceId, quantities, tier, total } of cases) {
    test(`${priceId}${tier ? `, ${tier}` : ""}, ${JSON.stringify(quantities)}: ${total}`, () => {
      const version = prices.find(({ price }) => price.priceId === priceId)?.version;
      assert.ok(version);
      const attributes = new Map(tier === undefined ? [] : [["service_tier", tier]]);
      assert.equal(
        calculatePrice(version.terms, usageOf(quantities, { attributes })).total.toString(),
        total,
      );
    });
  }
});

describe("a malformed file is refused at start, naming the fault", () => {
  const [[priceId, bundled] = ["", undefined]] = Object.entries(file.prices);
  const withPrice = (price: unknown) => ({ ...file, priceCount: 1, prices: { [priceId]: price } });
  const cases: readonly [name: string, file: unknown, says: RegExp][] = [
    ["not an object", [], /malformed/],
    ["no date", { ...file, date: undefined }, /date/],
    ["prices cut off", { ...file, prices: { [priceId]: bundled } }, /not complete/],
    ["a number for a rate", withPrice({ ...bundled, rates: { input_tokens: 3 } }), /rates/],
    ["a negative rate", withPrice({ ...bundled, rates: { input_tokens: "-3" } }), /rates/],
    [
      "an unknown meter",
      withPrice({ ...bundled, rates: { minutes: "3" } }),
      new RegExp(`${priceId}.*minutes`),
    ],
  ];
  for (const [name, malformed, says] of cases) {
    test(name, () => assert.throws(() => readBundledPrices(malformed), { message: says }));
  }
});
