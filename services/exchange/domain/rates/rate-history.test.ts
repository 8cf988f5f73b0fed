import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bookOf, dayMs, ecbDays, maxAgeMs, publishedAt } from "../../testing/published-days.ts";
import type { RateBook } from "./rate-book.ts";
import { type HistoryQuery, rateHistory } from "./rate-history.ts";
import type { FixedRate } from "./rate-source.ts";

const nowMs = Date.parse("2026-04-14T09:00:00Z");
const query = (change: Partial<HistoryQuery>): HistoryQuery => ({
  fromCurrency: "EUR",
  toCurrency: "USD",
  fromMs: 0,
  toMs: nowMs,
  limit: 100,
  providerId: undefined,
  ...change,
});
const shown = (book: RateBook, change: Partial<HistoryQuery>) =>
  rateHistory(book, query(change)).changes.map(({ rate, effectiveFromMs }) => [
    rate.displayRate,
    new Date(effectiveFromMs).toISOString(),
  ]);
const from = (day: string) => new Date(publishedAt(day)).toISOString();
const manual = (digits: string, beginsMs: number, untilMs: number | undefined): FixedRate => ({
  baseCurrency: "EUR",
  quoteCurrency: "USD",
  digits,
  publishedAtMs: beginsMs,
  fetchedAtMs: beginsMs,
  bundled: false,
  untilMs,
  override: {
    baseCurrency: "EUR",
    quoteCurrency: "USD",
    rate: digits,
    effectiveFromMs: beginsMs,
    endsAtMs: untilMs,
    configVersion: 1,
    comment: "",
    createdBy: "test",
    createdAtMs: beginsMs,
  },
});

describe("the history of a pair", () => {
  test("has every rate that was published, newest first, over gaps in which there was none", () => {
    const expected = Object.entries(ecbDays)
      .filter(([, rates]) => rates.USD !== undefined)
      .map(([day, rates]) => [rates.USD, from(day)])
      .reverse();
    assert.deepEqual(shown(bookOf(), {}), expected);
  });

  test("of a cross has an entry for each change of either step", () => {
    const book = bookOf({
      "2026-04-09": { USD: "1.1", JPY: "110" },
      "2026-04-10": { USD: "1.25" },
      "2026-04-13": { JPY: "150" },
    });
    assert.deepEqual(shown(book, { fromCurrency: "USD", toCurrency: "JPY" }), [
      ["120", from("2026-04-13")],
      ["88", from("2026-04-10")],
      ["100", from("2026-04-09")],
    ]);
  });

  test("shows a manual rate, and again what was in force before and after it", () => {
    const book = bookOf({ "2026-04-10": { USD: "1.1711" } });
    const [begin, end] = [publishedAt("2026-04-10") + dayMs, publishedAt("2026-04-10") + 2 * dayMs];
    book.setFixedRates("manual", "EUR:USD", [manual("1.5", begin, end)]);
    assert.deepEqual(shown(book, {}), [
      ["1.1711", new Date(end).toISOString()],
      ["1.5", new Date(begin).toISOString()],
      ["1.1711", from("2026-04-10")],
    ]);
    assert.deepEqual(shown(book, { providerId: "ecb" }), [["1.1711", from("2026-04-10")]]);
    assert.deepEqual(shown(book, { providerId: "manual" }), [["1.5", new Date(begin).toISOString()]]);
  });

  test("shows the fallback from when the first provider's rate became too old", () => {
    const providers = [
      { providerId: "ecb", maxAgeMs, enabled: true },
      { providerId: "second", maxAgeMs: 30 * dayMs, enabled: true },
    ];
    const first = publishedAt("2026-04-02");
    const book = bookOf({ "2026-04-02": { USD: "1.1525" } }, { providers });
    book.publish(
      "second",
      { baseCurrency: "EUR", publishedAtMs: first - dayMs, rates: new Map([["USD", "1.15"]]) },
      { fetchedAtMs: first, bundled: false },
    );
    assert.deepEqual(shown(book, {}), [
      ["1.15", new Date(first + maxAgeMs).toISOString()],
      ["1.1525", new Date(first).toISOString()],
      ["1.15", new Date(first - dayMs).toISOString()],
    ]);
  });

  test("holds what began in the range: its beginning counts, its end does not", () => {
    const range = { fromMs: publishedAt("2026-04-07"), toMs: publishedAt("2026-04-13") };
    assert.deepEqual(shown(bookOf(), range), [
      ["1.1711", from("2026-04-10")],
      ["1.1557", from("2026-04-07")],
    ]);
  });

  test("comes in pages of any size that show everything once", () => {
    const whole = shown(bookOf(), {});
    for (const limit of [1, 2, 3, 7, whole.length, 50]) {
      const pages: unknown[] = [];
      for (let toMs: number | undefined = nowMs; toMs !== undefined; ) {
        const page = rateHistory(bookOf(), query({ toMs, limit }));
        assert.ok(page.changes.length <= limit);
        pages.push(
          ...page.changes.map(({ rate, effectiveFromMs }) => [
            rate.displayRate,
            new Date(effectiveFromMs).toISOString(),
          ]),
        );
        toMs = page.nextToMs;
      }
      assert.deepEqual(pages, whole);
    }
  });

  test("is empty for a pair that never had a rate, and for equal currencies", () => {
    assert.deepEqual(shown(bookOf(), { toCurrency: "SEK" }), []);
    assert.deepEqual(shown(bookOf(), { toCurrency: "EUR" }), []);
  });
});
