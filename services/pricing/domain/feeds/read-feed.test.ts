import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { FeedRecord } from "./feed-record.ts";
import { FeedFault, type ReadSettings, readFeed } from "./read-feed.ts";
import type { FeedMapping, MeterMapping } from "./source-settings.ts";

const meter = (field: string, name: string, others: Partial<MeterMapping> = {}): MeterMapping => ({
  field,
  meter: name,
  per: "1",
  subsetOf: [],
  conditions: [],
  variantId: "standard",
  ...others,
});
const mapping = (others: Partial<FeedMapping> = {}): FeedMapping => ({
  recordsPath: "",
  priceIdField: "/id",
  displayNameField: "",
  providerField: "",
  modeField: "",
  currencyField: "",
  meters: [meter("/price", "units")],
  unpricedValues: [],
  csvDelimiter: ",",
  ...others,
});
const litellm: ReadSettings = { format: "litellm", currencyCode: "USD" };
const openrouter: ReadSettings = { format: "openrouter", currencyCode: "USD" };
const json = (others: Partial<FeedMapping> = {}): ReadSettings => ({
  format: "json",
  currencyCode: "USD",
  mapping: mapping(others),
});
const csv = (others: Partial<FeedMapping> = {}): ReadSettings => ({
  format: "csv",
  currencyCode: "USD",
  mapping: mapping({ priceIdField: "sku", meters: [meter("price", "units")], ...others }),
});
const read = (text: string, settings: ReadSettings, prefix = "") =>
  readFeed(Buffer.from(text), settings, prefix);
/** A record in short: its amounts by component and variant, or why it was skipped. */
function short(record: FeedRecord): unknown[] {
  if (record.kind === "skipped") return [record.name, record.reason];
  const amounts = record.terms.components.flatMap(({ componentId, variants }) =>
    variants.map(({ variantId, model }) =>
      model.kind === "per_unit" ? `${componentId} ${variantId} ${model.unitAmount}/${model.per}` : model.kind,
    ),
  );
  return [record.priceId, ...amounts];
}

const deep = 100_000;
const faults: readonly [
  name: string,
  text: string | Buffer,
  settings: ReadSettings,
  reason: string,
  says: RegExp,
][] = [
  ["nothing", "", litellm, "FEED_INVALID", /empty/],
  ["a truncated document", '{"m": {"input_cost_per_token": 1e-6', litellm, "FEED_INVALID", /not JSON/],
  ["text after the document", "{} {}", litellm, "FEED_INVALID", /not JSON/],
  ["HTML", "<!doctype html><html><body>Sign in</body></html>", litellm, "FEED_INVALID", /HTML/],
  ["a list for an object", "[]", litellm, "FEED_INVALID", /no object/],
  ["a number", "1e400", litellm, "FEED_INVALID", /no object/],
  ["NaN", '{"m": {"input_cost_per_token": NaN}}', litellm, "FEED_INVALID", /not JSON/],
  [
    "a name twice",
    '{"m": {"mode": "chat"}, "m": {"mode": "image"}}',
    litellm,
    "FEED_INVALID",
    /[Dd]uplicate/,
  ],
  ["brackets without end", "[".repeat(deep), litellm, "FEED_INVALID", /deep|not JSON/],
  ["bytes that are no UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), litellm, "FEED_INVALID", /UTF-8/],
  ["no data", '{"models": []}', openrouter, "FEED_INVALID", /data/],
  ["no records at the path", '{"items": {}}', json({ recordsPath: "/list" }), "FEED_INVALID", /no records/],
  [
    "a million entries",
    `[${Array.from({ length: 1_000_000 }, () => "{}").join(",")}]`,
    json(),
    "FEED_TOO_LARGE",
    /1000000 records/,
  ],
  ["no such column", "name,price\na,1\n", csv(), "FEED_INVALID", /no column sku/],
  ["rows of different length", "sku,price\na,1,2\n", csv(), "FEED_INVALID", /CSV/],
  ["a quote without end", 'sku,price\n"a,1\n', csv(), "FEED_INVALID", /CSV/],
  ["too many rows", `sku,price\n${"a,1\n".repeat(9_001)}`, csv(), "FEED_TOO_LARGE", /9001/],
];

describe("a list that is none is refused as a whole", () => {
  for (const [name, text, settings, reason, says] of faults) {
    test(`${name}: ${reason}`, () => {
      assert.throws(
        () => readFeed(Buffer.from(text as string), settings, ""),
        (error: unknown) => error instanceof FeedFault && error.reason === reason && says.test(error.message),
      );
    });
  }
});

test("numbers are read from their digits: beyond all bounds is no price, and nothing passes through a float", () => {
  const list = `[{"id": "a", "price": 1e400}, {"id": "b", "price": -0.1}, {"id": "c", "price": 0.1234567890123456789},
    {"id": "d", "price": 123456789012345678.000000000000000001}, {"id": "e", "price": "1.5e-7"}, {"id": "f", "price": true}]`;
  assert.deepEqual(read(list, json()).map(short), [
    ["a", "value_invalid"],
    ["b", "value_invalid"],
    ["c", "value_invalid"],
    ["d", "units standard 123456789012345678.000000000000000001/1"],
    ["e", "units standard 0.00000015/1"],
    ["f", "value_invalid"],
  ]);
});

test("OpenRouter's models, with prices that vary, thresholds and keys that are not understood", () => {
  const model = (id: string, pricing: object) => ({ id, name: id.toUpperCase(), pricing });
  const document = {
    data: [
      model("acme/one", {
        prompt: "0.0000025",
        completion: "0.00001",
        input_cache_read: "0.00000125",
        web_search: "0.01",
        image: "0",
      }),
      model("acme/auto", { prompt: "-1", completion: "-1" }),
      model("acme/free:free", { prompt: "0", completion: "0" }),
      model("acme/long", {
        prompt: "0.000001",
        overrides: [{ min_prompt_tokens: 200000, prompt: "0.000002" }],
      }),
      model("acme/odd", { prompt: "0.000001", smell: "0.5" }),
      model("acme/none", {}),
      { name: "nameless" },
      model("acme/one", { prompt: "9" }),
      model("acme/bad", { prompt: "free" }),
    ],
  };
  assert.deepEqual(read(JSON.stringify(document), openrouter, "or/").map(short), [
    [
      "or/acme/one",
      "input_tokens standard 2.5/1000000",
      "output_tokens standard 10/1000000",
      "cached_input_tokens standard 1.25/1000000",
      "search_queries standard 0.01/1",
      "input_images standard 0/1",
    ],
    ["acme/auto", "variable_price"],
    ["or/acme/free:free", "input_tokens standard 0/1000000", "output_tokens standard 0/1000000"],
    ["or/acme/long", "input_tokens above_199999 2/1000000", "input_tokens standard 1/1000000"],
    ["acme/odd", "key_unknown"],
    ["acme/none", "unpriced"],
    ["data[6]", "not_a_price"],
    ["acme/one", "duplicate"],
    ["acme/bad", "value_invalid"],
  ]);
});

test("any JSON by a mapping: members of an object, nested fields, variants, currencies, texts that mean no price", () => {
  const document = {
    price_list: {
      "acme/a": { cost: { in: 2.5, "batch/in": "1.25" }, cur: "EUR", by: "acme", kind: "chat", title: "A" },
      "acme/b": { cost: { in: "N/A" } },
      "bad id": { cost: { in: 1 } },
      "acme/c": { cost: { in: 1 }, cur: "euro" },
    },
  };
  const settings = json({
    recordsPath: "/price_list",
    priceIdField: "$key",
    displayNameField: "/title",
    providerField: "/by",
    modeField: "/kind",
    currencyField: "/cur",
    unpricedValues: ["N/A"],
    meters: [
      meter("/cost/in", "input_tokens", { per: "1000000" }),
      meter("/cost/batch~1in", "input_tokens", {
        per: "1000000",
        variantId: "batch",
        conditions: [{ kind: "attribute", attribute: "service_tier", match: "any_of", values: ["batch"] }],
      }),
    ],
  });
  const records = read(JSON.stringify(document), settings);
  assert.deepEqual(records.map(short), [
    ["acme/a", "input_tokens batch 1.25/1000000", "input_tokens standard 2.5/1000000"],
    ["acme/b", "unpriced"],
    ["bad id", "id_invalid"],
    ["acme/c", "value_invalid"],
  ]);
  const [first] = records;
  assert.ok(first?.kind === "priced");
  assert.deepEqual(
    [first.terms.currencyCode, first.provider, first.mode, first.displayName],
    ["EUR", "acme", "chat", "A"],
  );
});

test("CSV by a mapping: quotes, a byte order mark, other delimiters, empty cells", () => {
  const text = '\uFEFFsku;price;note\nacme/a;0.10;"one; two"\nacme/b;;\nacme/a;2;\n;1;\n';
  assert.deepEqual(read(text, csv({ csvDelimiter: ";" })).map(short), [
    ["acme/a", "units standard 0.1/1"],
    ["acme/b", "unpriced"],
    ["acme/a", "duplicate"],
    ["line 5", "not_a_price"],
  ]);
});
