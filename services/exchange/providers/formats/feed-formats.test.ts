import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { zipSync } from "fflate";
import { Decimal } from "#money/decimal.ts";
import type { RateFormat } from "../../domain/providers/provider-directory.ts";
import { ecbCsv, ecbXml, ecbZip } from "../../testing/feed-bodies.ts";
import { FeedError } from "./feed-error.ts";
import { feedFormats } from "./feed-formats.ts";
import { plainDigits } from "./json-feed.ts";

const read = (format: RateFormat, body: string | Buffer) => {
  const bytes = Buffer.from(body);
  return feedFormats[format]({ bytes, text: () => bytes.toString() }).map(
    ({ baseCurrency, publishedAtMs, rates }) => [
      baseCurrency,
      new Date(publishedAtMs).toISOString(),
      Object.fromEntries(rates),
    ],
  );
};
const days = [
  { day: "2026-01-14", rates: { USD: "1.1700", JPY: "187.1" } },
  { day: "2026-01-13", rates: { USD: "1.1684" } },
];
const both = [
  ["EUR", "2026-01-13T15:00:00.000Z", { USD: "1.1684" }],
  ["EUR", "2026-01-14T15:00:00.000Z", { USD: "1.1700", JPY: "187.1" }],
];

describe("days come oldest first, in the digits of the source", () => {
  test("from the ECB's XML", () => assert.deepEqual(read("ecb-daily", ecbXml(days)), both));
  test("from the ECB's history, plain and in its zip", () => {
    assert.deepEqual(read("ecb-history", ecbCsv(days)), both);
    assert.deepEqual(read("ecb-history", ecbZip(days)), both);
  });
  test("from Frankfurter's lists", () => {
    const line = (date: string, quote: string, rate: string) =>
      `{"date":"${date}","base":"EUR","quote":"${quote}","rate":${rate}}`;
    const list = `[${line("2026-01-14", "USD", "1.1700")},${line("2026-01-13", "USD", "1.1684")},${line("2026-01-14", "JPY", "187.1")}]`;
    const midnight = (day: string) => `${day}T00:00:00.000Z`;
    assert.deepEqual(read("frankfurter-v2", list), [
      ["EUR", midnight("2026-01-13"), { USD: "1.1684" }],
      ["EUR", midnight("2026-01-14"), { USD: "1.1700", JPY: "187.1" }],
    ]);
  });
  test("from the operator's file, one publication or several", () => {
    const one = `{"base":"USD","published_at":"2026-01-14T16:00:00+01:00","rates":{"CREDIT":100.50}}`;
    const read1 = ["USD", "2026-01-14T15:00:00.000Z", { CREDIT: "100.50" }];
    assert.deepEqual(read("static-file", one), [read1]);
    assert.deepEqual(read("static-file", `[${one}]`), [read1]);
  });
});

test("numbers of JSON keep their digits where a float would not", () => {
  const rates = '"A":1.10,"B":0.1234567890123456789,"C":1.5e-7,"D":12E2,"E":123456789012345678.9';
  const [[, , read1] = []] = read(
    "open-exchange-rates",
    `{"timestamp":1776175200,"base":"USD","rates":{${rates}}}`,
  );
  assert.deepEqual(read1, {
    A: "1.10",
    B: "0.1234567890123456789",
    C: "0.00000015",
    D: "1200",
    E: "123456789012345678.9",
  });
});

test("an exponent is written out exactly", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 1n, max: 10n ** 12n }),
      fc.nat({ max: 6 }),
      fc.integer({ min: -20, max: 12 }),
      (units, scale, exponent) => {
        const mantissa = Decimal.ofUnits(units, scale).toString();
        const expected =
          exponent < 0
            ? Decimal.ofUnits(units, scale - exponent)
            : Decimal.ofUnits(units * 10n ** BigInt(exponent), scale);
        assert.ok(Decimal.parse(plainDigits(`${mantissa}e${exponent}`)).equals(expected));
      },
    ),
  );
});

describe("what cannot be read is refused", () => {
  const cube = (inner: string) => `<Envelope><Cube>${inner}</Cube></Envelope>`;
  const cases: readonly [format: RateFormat, what: string, body: string | Buffer][] = [
    ["ecb-daily", "nothing", ""],
    ["ecb-daily", "JSON", "{}"],
    ["ecb-daily", "an element that is not closed", ecbXml(days).replace("</Cube>", "")],
    ["ecb-daily", "no days", cube("")],
    ["ecb-daily", "a day without rates", cube('<Cube time="2026-01-14"></Cube>')],
    ["ecb-daily", "a rate without currency", cube('<Cube time="2026-01-14"><Cube rate="1"/></Cube>')],
    ["ecb-daily", "a day that does not exist", ecbXml([{ day: "2026-02-30", rates: { USD: "1" } }])],
    ["ecb-history", "a damaged zip", ecbZip(days).subarray(0, 60)],
    ["ecb-history", "a zip without a table", Buffer.from(zipSync({ "readme.txt": Buffer.from("x") }))],
    [
      "frankfurter-v1",
      "another amount",
      '{"amount":100,"base":"EUR","date":"2026-01-14","rates":{"USD":117}}',
    ],
    ["frankfurter-v1", "no rates", '{"amount":1,"base":"EUR","date":"2026-01-14","rates":{}}'],
    ["frankfurter-v1", "half of it", '{"amount":1,"base":"EUR","date":"2026-01-14","rates":{"USD":1.1'],
    ["frankfurter-v2", "an empty list", "[]"],
    [
      "frankfurter-v2",
      "a rate twice",
      `[${Array(2).fill('{"date":"2026-01-14","base":"EUR","quote":"USD","rate":1}').join()}]`,
    ],
    [
      "frankfurter-v2",
      "two bases",
      '[{"date":"2026-01-14","base":"EUR","quote":"USD","rate":1},{"date":"2026-01-14","base":"USD","quote":"EUR","rate":1}]',
    ],
    ["open-exchange-rates", "an error", '{"error":true,"status":401,"message":"invalid_app_id"}'],
    ["open-exchange-rates", "a time of another age", '{"timestamp":1,"base":"USD","rates":{"EUR":1}}'],
    [
      "open-exchange-rates",
      "a time with a fraction",
      '{"timestamp":1776175200.5,"base":"USD","rates":{"EUR":1}}',
    ],
    [
      "open-er-api",
      "a failure",
      '{"result":"error","time_last_update_unix":1776175200,"base_code":"USD","rates":{"EUR":1}}',
    ],
    [
      "static-file",
      "a time without offset",
      '{"base":"USD","published_at":"2026-01-14T16:00:00","rates":{"EUR":"1"}}',
    ],
  ];
  for (const [format, what, body] of cases)
    test(`${format}: ${what}`, () => assert.throws(() => read(format, body), FeedError));

  test("any text at all is read or refused, never anything else", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(feedFormats) as RateFormat[])),
        fc.oneof(fc.string(), fc.json()),
        (format, text) => {
          try {
            read(format, text);
          } catch (error) {
            assert.ok(error instanceof FeedError, String(error));
          }
        },
      ),
    );
  });
});
