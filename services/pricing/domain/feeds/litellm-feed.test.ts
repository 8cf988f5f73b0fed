import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parse } from "lossless-json";
import { Decimal } from "#money/decimal.ts";
import { Ratio } from "#money/ratio.ts";
import { readLitellmFixture } from "../../testing/litellm-list.ts";
import { checkTerms } from "../engine/check-terms.ts";
import type { AmountOrigin } from "./feed-record.ts";
import { readPriceDigits, SourceNumber } from "./price-digits.ts";
import { readFeed } from "./read-feed.ts";

const settings = { format: "litellm", currencyCode: "USD" } as const;
const read = (list: object) => readFeed(Buffer.from(JSON.stringify(list)), settings, "");
const content = readLitellmFixture();
const records = readFeed(content, settings, "");
const source = parse(content.toString(), null, (digits) => new SourceNumber(digits)) as Record<
  string,
  Record<string, unknown>
>;

/** A printed number times `10^shift`, exactly, and how many digits it has. */
function readPrinted(text: string, shift: number): { readonly scaled: Ratio; readonly digits: number } {
  const [mantissa = "", exponent = "0"] = text.split("e");
  const [integer = "", fraction = ""] = mantissa.split(".");
  const units = BigInt(integer + fraction);
  const power = Number(exponent) + shift - fraction.length;
  const factor = 10n ** BigInt(Math.abs(power));
  return {
    scaled: power < 0 ? Ratio.of(units, factor) : Ratio.of(units * factor, 1n),
    digits: units.toString().length,
  };
}

/** Whether two values differ by less than one part in `parts`. */
function isWithin(value: Ratio, exact: Ratio, parts: bigint): boolean {
  const low = exact.multiply(Ratio.of(parts - 1n, parts));
  const high = exact.multiply(Ratio.of(parts + 1n, parts));
  return value.compare(low) > 0 && value.compare(high) < 0;
}

/** Every number under a key that states a price, by its path. */
function pricesIn(value: unknown, path: string): Array<readonly [path: string, digits: string]> {
  if (value instanceof SourceNumber) return [[path, value.text]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) =>
    key === "range" ? [] : pricesIn(each, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`),
  );
}

describe("the whole list of 2026-08-06", () => {
  test("becomes prices or is skipped for a reason, record by record", () => {
    assert.deepEqual(
      records.map(({ name }) => name),
      Object.keys(source),
    );
    const counts = Object.groupBy(records, (record) => (record.kind === "priced" ? "priced" : record.reason));
    assert.deepEqual(
      Object.fromEntries(Object.entries(counts).map(([reason, list]) => [reason, list?.length])),
      { not_a_price: 2, priced: 2_859, id_invalid: 4, duplicate: 19, unpriced: 97, key_unknown: 5 },
    );
  });

  test("no price is there twice, and its terms pass every check", () => {
    const priced = records.filter((record) => record.kind === "priced");
    assert.equal(new Set(priced.map(({ priceId }) => priceId)).size, priced.length);
    for (const { terms } of priced) checkTerms(terms, "terms");
  });

  test("every amount has exactly the printed digits, for a million tokens or for one of what is counted", () => {
    let amounts = 0;
    for (const record of records) {
      if (record.kind !== "priced") continue;
      for (const { componentId, variants } of record.terms.components) {
        for (const { variantId, model } of variants) {
          assert.ok(model.kind === "per_unit");
          const { value }: AmountOrigin = record.origins[`${componentId} ${variantId} per_unit.unit_amount`]!;
          const shift = model.per === "1000000" ? 6 : 0;
          const { scaled, digits } = readPrinted(value, shift);
          const kept = Ratio.fromDecimal(Decimal.parse(model.unitAmount));
          // Floats print 15 digits and more; what of them means something is 10.
          const isNoisy = digits >= 15;
          if (isNoisy) assert.ok(isWithin(kept, scaled, 1_000_000_000n), `${record.name} ${value}`);
          else assert.equal(kept.compare(scaled), 0, `${record.name} ${value}`);
          amounts += 1;
        }
      }
    }
    assert.equal(amounts, 8_332);
  });

  test("no price that a record states is left out: each is an amount, or repeats one", () => {
    for (const record of records) {
      if (record.kind !== "priced") continue;
      const used = new Set(Object.values(record.origins).map(({ key }) => key));
      const digits = new Set(Object.values(record.origins).map(({ value }) => value));
      for (const [field, value] of Object.entries(source[record.name]!)) {
        if (!/cost|pricing/.test(field) || /_dbu_/.test(field)) continue;
        for (const [path, text] of pricesIn(value, field)) {
          const isThere = used.has(path) || digits.has(text) || readPriceDigits(text, 0)?.isZero();
          assert.ok(isThere, `${record.name}: ${path} is ${text}`);
        }
      }
    }
  });
});

describe("a record", () => {
  const priced = (fields: object) => {
    const [record] = read({ "m-1": { litellm_provider: "acme", mode: "chat", ...fields } });
    assert.ok(record?.kind === "priced", JSON.stringify(record));
    return record.terms;
  };
  const rates = (fields: object) =>
    Object.fromEntries(
      priced(fields).components.map(({ componentId, variants }) => [
        componentId,
        Object.fromEntries(
          variants.map(({ variantId, model }) => [
            variantId,
            model.kind === "per_unit" && `${model.unitAmount} per ${model.per}`,
          ]),
        ),
      ]),
    );

  test("may price images, seconds, characters, pages, requests and searches beside tokens", () => {
    assert.deepEqual(
      rates({
        input_cost_per_token: 1e-6,
        output_cost_per_image: 0.04,
        input_cost_per_second: 1e-4,
        input_cost_per_character: 1.5e-5,
        ocr_cost_per_page: 0.003,
        input_cost_per_request: 0.005,
        search_context_cost_per_query: { search_context_size_low: 0.03, search_context_size_high: 0.05 },
      }),
      {
        input_tokens: { standard: "1 per 1000000" },
        output_images: { standard: "0.04 per 1" },
        input_seconds: { standard: "0.0001 per 1" },
        input_characters: { standard: "0.000015 per 1" },
        requests: { standard: "0.005 per 1" },
        pages: { standard: "0.003 per 1" },
        search_queries: { low: "0.03 per 1", high: "0.05 per 1" },
      },
    );
  });

  test("may have tiers by the length of the prompt, each for the whole request", () => {
    const terms = priced({
      tiered_pricing: [
        { range: [0, 256000], input_cost_per_token: 5e-8 },
        { range: [256000, 1000000], input_cost_per_token: 2.5e-7 },
      ],
    });
    assert.deepEqual(
      terms.components[0]?.variants.map(({ conditions }) => conditions),
      [
        [{ kind: "quantity", meter: "input_tokens", upTo: "256000" }],
        [{ kind: "quantity", meter: "input_tokens", above: "256000", upTo: "1000000" }],
      ],
    );
  });

  test("may rate a part of the prompt above a threshold only: below it the part is billed with the whole", () => {
    const terms = priced({ input_cost_per_token: 1e-6, cache_read_input_token_cost_above_200k_tokens: 5e-7 });
    const cached = terms.components.find(({ meter }) => meter === "cached_input_tokens");
    assert.deepEqual(cached?.conditions, [{ kind: "quantity", meter: "input_tokens", above: "200000" }]);
  });

  const skipped: readonly [name: string, fields: object, reason: string, says: RegExp][] = [
    [
      "a key that is not understood",
      { input_cost_per_token: 1e-6, cost_per_mood: 1 },
      "key_unknown",
      /cost_per_mood/,
    ],
    ["a negative price", { input_cost_per_token: -1 }, "value_invalid", /-1/],
    ["a text for a price", { input_cost_per_token: "cheap" }, "value_invalid", /cheap/],
    [
      "a rate above a threshold of the whole only",
      { input_cost_per_token_above_200k_tokens: 1 },
      "key_unknown",
      /departs/,
    ],
    [
      "tiers with a gap",
      { tiered_pricing: [{ range: [5, 9], input_cost_per_token: 1 }] },
      "contradictory",
      /begin/,
    ],
    ["tiers without a range", { tiered_pricing: [{ input_cost_per_token: 1 }] }, "key_unknown", /range/],
    [
      "two fields that mean the same and differ",
      { input_cost_per_token: 1, input_cost_per_token_cache_hit: 0.1, cache_read_input_token_cost: 0.2 },
      "contradictory",
      /differ/,
    ],
    ["no price", { max_tokens: 5 }, "unpriced", /no price/],
  ];
  for (const [name, fields, reason, says] of skipped) {
    test(`with ${name} is skipped: ${reason}`, () => {
      const [record] = read({ m: { litellm_provider: "acme", ...fields } });
      assert.ok(record?.kind === "skipped");
      assert.equal(record.reason, reason);
      assert.match(record.detail, says);
    });
  }
});
