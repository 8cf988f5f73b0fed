import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bookOf } from "../../testing/published-days.ts";
import { CurrencyDirectory } from "../currencies/currency-directory.ts";
import { ExchangeError } from "../exchange-error.ts";
import { type ConversionQuery, Converter } from "./converter.ts";

const nowMs = Date.parse("2026-04-14T09:00:00Z");
const converter = new Converter({
  state: { book: bookOf(), currencies: new CurrencyDirectory("EUR") },
  quotes: new Map(),
  callerAccount: undefined,
  nowMs,
});
const query = (change: Partial<ConversionQuery>): ConversionQuery => ({
  fromCurrency: "USD",
  toCurrency: "EUR",
  amount: "10",
  asOfMs: undefined,
  quoteId: undefined,
  accountId: "",
  rounding: { digits: undefined, mode: "half-even", allowZero: false },
  exact: false,
  ...change,
});

test("the minor digits of the currency converted to are the default", () => {
  assert.equal(converter.convert(query({})).amount?.rounded?.toString(), "8.56");
  assert.equal(converter.convert(query({ toCurrency: "JPY" })).amount?.rounded?.toString(), "1598");
});

test("without an amount there is the rate alone", () => {
  const { amount, rate } = converter.convert(query({ amount: "" }));
  assert.deepEqual([amount, rate.displayRate], [undefined, "0.855871276959945224"]);
});

test("lines of one converter may ask for different times", () => {
  const at = (asOf: string | undefined) =>
    converter.convert(
      query({ fromCurrency: "EUR", toCurrency: "USD", asOfMs: asOf && Date.parse(asOf) } as never),
    ).rate.displayRate;
  assert.deepEqual(
    [at(undefined), at("2026-04-12T00:00:00Z"), at("2019-12-08T00:00:00Z"), at(undefined)],
    ["1.1684", "1.1711", "1.1094", "1.1684"],
  );
});

test("a time that another clock has just read is now", () => {
  const { rateInForce } = converter.convert(query({ asOfMs: nowMs + 900 }));
  assert.equal(rateInForce?.ageMs, nowMs - Date.parse("2026-04-13T14:00:00Z"));
});

describe("refusals", () => {
  const cases: readonly [name: string, change: Partial<ConversionQuery>, reason: string][] = [
    ["an unknown currency converted from", { fromCurrency: "XYZ" }, "CURRENCY_UNKNOWN"],
    ["an unknown currency converted to", { toCurrency: "CREDIT" }, "CURRENCY_UNKNOWN"],
    ["an unknown currency into itself", { fromCurrency: "XYZ", toCurrency: "XYZ" }, "CURRENCY_UNKNOWN"],
    ["a currency without rates", { toCurrency: "AED" }, "RATE_UNAVAILABLE"],
    ["a stopped currency", { toCurrency: "RUB" }, "RATE_STALE"],
    ["a time without fresh rates", { asOfMs: Date.parse("2020-01-01") }, "RATE_STALE"],
    ["a time before all rates", { asOfMs: Date.parse("1990-01-01") }, "RATE_UNAVAILABLE"],
    ["a future time", { asOfMs: nowMs + 60_000 }, "TIME_OUT_OF_RANGE"],
    ["a time beyond any calendar", { asOfMs: Number.MAX_SAFE_INTEGER }, "TIME_OUT_OF_RANGE"],
    ["a quote", { quoteId: "q-1" }, "QUOTE_NOT_FOUND"],
  ];
  for (const [name, change, reason] of cases) {
    test(`${name} is ${reason}`, () => {
      assert.throws(
        () => converter.convert(query(change)),
        (error) => error instanceof ExchangeError && error.reason === reason,
      );
    });
  }
});
