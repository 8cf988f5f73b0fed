import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { component, perUnit, termsOf, usageOf } from "../testing/terms.ts";
import { Catalogue } from "./catalogue.ts";
import { calculatePrice } from "./engine/calculate-price.ts";
import { effectiveUntilMs, type Price } from "./price.ts";
import { PricingError } from "./pricing-error.ts";

const day = (text: string) => Date.parse(`${text}T00:00:00Z`);

function price(priceId: string, versions: readonly [from: string, unitAmount: string][]): Price {
  return {
    priceId,
    displayName: "",
    description: "",
    provider: "",
    mode: "",
    createdAtMs: 0,
    versions: versions.map(([from, unitAmount]) => ({
      versionId: `${priceId.replaceAll("/", ":")}.${from}`,
      priceId,
      terms: termsOf([component("input_tokens", [perUnit(unitAmount, { per: "1000000" })])]),
      effectiveFromMs: day(from),
      comment: "",
      createdAtMs: 0,
    })),
  };
}

// The price of o3 fell on that day (pydantic/genai-prices@47df840a:tests/test_price_calc.py).
const o3 = price("openai/o3", [
  ["2025-04-16", "10"],
  ["2025-06-10", "2"],
]);
const catalogue = new Catalogue([
  price("z/last", [["2025-01-01", "1"]]),
  o3,
  price("azure/o3", [["2025-01-01", "1"]]),
]);

const versions: readonly [at: number, total: string][] = [
  [day("2025-06-01"), "0.01"],
  [day("2025-06-10") - 1, "0.01"],
  [day("2025-06-10"), "0.002"],
  [day("2026-01-01"), "0.002"],
];
for (const [atMs, total] of versions) {
  test(`at ${new Date(atMs).toISOString()} a thousand tokens cost ${total}`, () => {
    const { version } = catalogue.select("openai/o3", { kind: "book", priceBook: "", atMs });
    assert.equal(calculatePrice(version.terms, usageOf({ input_tokens: 1_000 })).total.toString(), total);
  });
}

test("a version is found by its id, whatever is in force", () => {
  const { version } = catalogue.select("openai/o3", { kind: "version", versionId: "openai:o3.2025-04-16" });
  assert.equal(version.effectiveFromMs, day("2025-04-16"));
  assert.equal(effectiveUntilMs(o3, version), day("2025-06-10"));
});

test("prices are in order of id", () => {
  assert.deepEqual(
    catalogue.prices.map(({ priceId }) => priceId),
    ["azure/o3", "openai/o3", "z/last"],
  );
});

describe("refusals", () => {
  const book = (priceBook = "", atMs = day("2026-01-01")) => ({ kind: "book" as const, priceBook, atMs });
  const version = (versionId: string) => ({ kind: "version" as const, versionId });
  const cases: readonly [
    name: string,
    select: () => unknown,
    reason: string,
    metadata: Record<string, string>,
    says: RegExp,
  ][] = [
    [
      "an unknown price, with those that may be meant",
      () => catalogue.select("O3", book()),
      "PRICE_NOT_FOUND",
      { price_id: "O3", price_book: "default" },
      /perhaps azure\/o3 or openai\/o3 is meant/,
    ],
    [
      "an unknown price that is like no other",
      () => catalogue.select("nothing/like-it", book()),
      "PRICE_NOT_FOUND",
      { price_id: "nothing/like-it", price_book: "default" },
      /^there is no price nothing\/like-it$/,
    ],
    [
      "a time before the first version",
      () => catalogue.select("openai/o3", book("", day("2025-04-16") - 1)),
      "PRICE_NOT_FOUND",
      { price_id: "openai/o3", price_book: "default" },
      /in force only from 2025-04-16/,
    ],
    [
      "an unknown book",
      () => catalogue.select("openai/o3", book("gold")),
      "PRICE_BOOK_NOT_FOUND",
      { price_book: "gold" },
      /gold/,
    ],
    [
      "an unknown version",
      () => catalogue.select("openai/o3", version("x.1")),
      "PRICE_VERSION_NOT_FOUND",
      { price_id: "openai/o3", price_version: "x.1" },
      /no price version/,
    ],
    [
      "a version of another price",
      () => catalogue.select("openai/o3", version("azure:o3.2025-01-01")),
      "PRICE_VERSION_NOT_FOUND",
      { price_id: "openai/o3", price_version: "azure:o3.2025-01-01" },
      /another price/,
    ],
  ];
  for (const [name, select, reason, metadata, says] of cases) {
    test(`${name}: ${reason}`, () => {
      assert.throws(select, (error) => {
        assert.ok(error instanceof PricingError);
        assert.equal(error.reason, reason);
        assert.deepEqual(error.metadata, metadata);
        assert.match(error.message, says);
        return true;
      });
    });
  }

  test("two prices of one id, or two versions, are no catalogue", () => {
    const [first] = o3.versions;
    assert.throws(() => new Catalogue([o3, o3]), /same id/);
    assert.throws(
      () => new Catalogue([o3, { ...price("b", []), versions: first ? [first] : [] }]),
      /two versions have the same id/,
    );
  });
});
