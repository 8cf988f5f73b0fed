import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bookOf, dayMs, ecbDays, maxAgeMs, publishedAt } from "../../testing/published-days.ts";
import { ExchangeError } from "../exchange-error.ts";
import { RateBook } from "./rate-book.ts";

const at = (time: string) => Date.parse(time);
const refusal = (reason: string, metadata: Record<string, string>) => (error: unknown) => {
  assert.ok(error instanceof ExchangeError);
  assert.deepEqual([error.reason, error.metadata], [reason, metadata]);
  return true;
};
const stale = (from: string, to: string, publishedAtMs: number) =>
  refusal("RATE_STALE", {
    from_currency: from,
    to_currency: to,
    published_at: new Date(publishedAtMs).toISOString(),
  });
const unavailable = (from: string, to: string) =>
  refusal("RATE_UNAVAILABLE", { from_currency: from, to_currency: to });

describe("the way of a rate", () => {
  const rates = bookOf().at(at("2026-04-14T09:00:00Z"));
  const ways = [
    { pair: "EUR USD", kind: "direct", rate: "1.1684", steps: "EUR/USD 1.1684" },
    { pair: "USD EUR", kind: "inverse", rate: "0.855871276959945224", steps: "1÷EUR/USD 1.1684" },
    {
      pair: "USD JPY",
      kind: "triangulated",
      rate: "159.833960972269770626",
      steps: "1÷EUR/USD 1.1684, EUR/JPY 186.75",
    },
    {
      pair: "GBP USD",
      kind: "triangulated",
      rate: "1.342093776562751269",
      steps: "1÷EUR/GBP 0.87058, EUR/USD 1.1684",
    },
    { pair: "EUR EUR", kind: "identity", rate: "1", steps: "" },
    { pair: "SEK SEK", kind: "identity", rate: "1", steps: "" },
  ];
  for (const { pair, kind, rate, steps } of ways) {
    test(`${pair} is ${kind}`, () => {
      const [from = "", to = ""] = pair.split(" ");
      const found = rates.find(from, to);
      const shown = found.steps.map(
        (step) =>
          `${step.inverted ? "1÷" : ""}${step.baseCurrency}/${step.quoteCurrency} ${step.publishedRate}`,
      );
      assert.deepEqual([found.kind, found.displayRate, shown.join(", ")], [kind, rate, steps]);
      assert.equal(found.providerId, kind === "identity" ? "identity" : "ecb");
      assert.equal(found.bundled, false);
    });
  }

  test("the provider's digits stay as published", () => {
    const book = bookOf({ "2026-04-13": { USD: "1.1680", JPY: "0186.750" } });
    const { steps } = book.at(at("2026-04-14T09:00:00Z")).find("USD", "JPY");
    assert.deepEqual(
      steps.map(({ publishedRate }) => publishedRate),
      ["1.1680", "0186.750"],
    );
  });

  test("age and end of use are those of the oldest step", () => {
    const book = bookOf({ "2026-04-09": { JPY: "185.7" }, "2026-04-10": { USD: "1.1711" } });
    const rate = book.at(at("2026-04-11T14:00:00Z")).find("USD", "JPY");
    assert.equal(rate.publishedAtMs, publishedAt("2026-04-09"));
    assert.equal(rate.ageMs, 2 * dayMs);
    assert.equal(rate.usableUntilMs, publishedAt("2026-04-09") + maxAgeMs);
  });

  test("an equal currency has no age and no end", () => {
    const { publishedAtMs, ageMs, usableUntilMs } = rates.find("EUR", "EUR");
    assert.deepEqual([publishedAtMs, ageMs, usableUntilMs], [undefined, 0, undefined]);
  });
});

describe("the rate at a time", () => {
  const times = [
    { name: "from the moment of publication", atMs: publishedAt("2026-04-13"), rate: "1.1684" },
    { name: "the day before's until then", atMs: publishedAt("2026-04-13") - 1, rate: "1.1711" },
    { name: "Friday's on a Sunday", atMs: at("2019-12-08T12:00:00Z"), rate: "1.1094" },
    { name: "the last before Easter to its end", atMs: publishedAt("2026-04-07") - 1, rate: "1.1525" },
    { name: "not one published later", atMs: at("2013-03-22T00:00:00Z"), rate: "1.291" },
    { name: "up to its maximum age", atMs: publishedAt("2013-03-21") + maxAgeMs - 1, rate: "1.291" },
  ];
  for (const { name, atMs, rate } of times) {
    test(`is ${name}`, () => assert.equal(bookOf().at(atMs).find("EUR", "USD").displayRate, rate));
  }

  test("does not exist before the first day", () => {
    const rates = bookOf().at(publishedAt("2013-03-21") - 1);
    assert.throws(() => rates.find("EUR", "USD"), unavailable("EUR", "USD"));
  });

  test("is refused from its maximum age on, saying when it was published", () => {
    const published = publishedAt("2013-03-21");
    const rates = bookOf().at(published + maxAgeMs);
    assert.throws(() => rates.find("USD", "EUR"), stale("USD", "EUR", published));
  });

  test("is refused for a currency that is published no more, though others are fresh", () => {
    const book = bookOf();
    const stopped = publishedAt("2022-03-01");
    assert.equal(book.at(stopped + maxAgeMs - 1).find("EUR", "RUB").displayRate, "117.201");
    const later = book.at(stopped + maxAgeMs);
    assert.equal(later.find("EUR", "USD").displayRate, "1.0895");
    for (const from of ["EUR", "USD"])
      assert.throws(() => later.find(from, "RUB"), stale(from, "RUB", stopped));
  });

  test("does not exist for a currency that was never published", () => {
    const rates = bookOf().at(at("2026-04-14T09:00:00Z"));
    assert.throws(() => rates.find("EUR", "SEK"), unavailable("EUR", "SEK"));
    assert.throws(() => rates.find("SEK", "EUR"), unavailable("SEK", "EUR"));
  });
});

describe("rates that came with the software", () => {
  const monthsLater = at("2026-11-23T12:00:00Z");
  const withLev = { ...ecbDays, "2025-12-31": { BGN: "1.9558" } };

  test("are refused by their age like all others", () => {
    const rates = bookOf(ecbDays, { bundled: true }).at(monthsLater);
    assert.throws(() => rates.find("EUR", "USD"), stale("EUR", "USD", publishedAt("2026-04-13")));
  });

  test("are marked even while they are fresh", () => {
    const rate = bookOf(ecbDays, { bundled: true }).at(publishedAt("2026-04-13")).find("EUR", "USD");
    assert.deepEqual([rate.bundled, rate.usableUntilMs], [true, publishedAt("2026-04-13") + maxAgeMs]);
  });

  test("are used however old they are where that is allowed, marked and with their true age", () => {
    const rate = bookOf(ecbDays, { bundled: true, allowBundled: true }).at(monthsLater).find("USD", "JPY");
    assert.deepEqual(
      [rate.bundled, rate.displayRate, rate.publishedAtMs, rate.ageMs, rate.usableUntilMs],
      [
        true,
        "159.833960972269770626",
        publishedAt("2026-04-13"),
        monthsLater - publishedAt("2026-04-13"),
        undefined,
      ],
    );
  });

  test("are refused even so for a currency that stopped before their last day", () => {
    const rates = bookOf(withLev, { bundled: true, allowBundled: true }).at(monthsLater);
    assert.throws(() => rates.find("EUR", "BGN"), stale("EUR", "BGN", publishedAt("2025-12-31")));
  });

  test("are no excuse for other rates that are too old", () => {
    const rates = bookOf(ecbDays, { allowBundled: true }).at(monthsLater);
    assert.throws(() => rates.find("EUR", "USD"), stale("EUR", "USD", publishedAt("2026-04-13")));
  });
});

describe("several providers", () => {
  const now = at("2026-11-23T12:00:00Z");
  const providers = [
    { providerId: "first", maxAgeMs: dayMs, enabled: true },
    { providerId: "second", maxAgeMs: 2 * dayMs, enabled: true },
  ];
  const bookWith = (
    publications: ReadonlyArray<{
      provider: string;
      ageMs: number;
      base: string;
      rates: Record<string, string>;
      bundled?: boolean;
    }>,
  ) => {
    const book = new RateBook({ providers, baseCurrency: "EUR", allowBundled: true });
    for (const { provider, ageMs, base, rates, bundled = false } of publications) {
      const publication = {
        baseCurrency: base,
        publishedAtMs: now - ageMs,
        rates: new Map(Object.entries(rates)),
      };
      book.publish(provider, publication, { fetchedAtMs: now, bundled });
    }
    return book;
  };
  const second = { provider: "second", ageMs: 1_000, base: "EUR", rates: { USD: "1.2" } };

  test("the first one with a fresh rate wins, even over a newer one", () => {
    const book = bookWith([second, { provider: "first", ageMs: 5_000, base: "EUR", rates: { USD: "1.1" } }]);
    assert.equal(book.at(now).find("EUR", "USD").displayRate, "1.1");
    assert.equal(book.at(now, "second").find("EUR", "USD").displayRate, "1.2");
  });

  test("the next steps in when the rate of the first is too old", () => {
    const book = bookWith([second, { provider: "first", ageMs: dayMs, base: "EUR", rates: { USD: "1.1" } }]);
    const rate = book.at(now).find("EUR", "USD");
    assert.deepEqual([rate.displayRate, rate.providerId], ["1.2", "second"]);
    assert.throws(() => book.at(now, "first").find("EUR", "USD"), stale("EUR", "USD", now - dayMs));
  });

  test("a fresh rate is preferred to an old bundled one of an earlier provider", () => {
    const old = { provider: "first", ageMs: 90 * dayMs, base: "EUR", rates: { USD: "1.1" }, bundled: true };
    assert.equal(bookWith([old, second]).at(now).find("EUR", "USD").displayRate, "1.2");
    assert.equal(bookWith([old]).at(now).find("EUR", "USD").displayRate, "1.1");
  });

  test("a pair as published is preferred to the inverse of the same provider", () => {
    const inverse = { provider: "first", ageMs: 0, base: "USD", rates: { EUR: "0.9" } };
    const direct = { provider: "first", ageMs: 0, base: "EUR", rates: { USD: "1.1" } };
    for (const publications of [
      [inverse, direct],
      [direct, inverse],
    ])
      assert.equal(bookWith(publications).at(now).find("EUR", "USD").kind, "direct");
  });

  test("of ways of one length the one through the base currency is taken", () => {
    const book = bookWith([
      { provider: "first", ageMs: 0, base: "CHF", rates: { GBP: "1", JPY: "3" } },
      { provider: "first", ageMs: 0, base: "EUR", rates: { GBP: "1", JPY: "2" } },
    ]);
    assert.equal(book.at(now).find("GBP", "JPY").displayRate, "2");
  });

  test("a longer way of fresh rates is preferred to a short one that is too old", () => {
    const book = bookWith([
      { provider: "first", ageMs: dayMs, base: "USD", rates: { JPY: "150" } },
      { provider: "second", ageMs: 0, base: "EUR", rates: { JPY: "160", USD: "1.25" } },
    ]);
    assert.equal(book.at(now).find("USD", "JPY").displayRate, "128");
  });

  test("a longer way of fresh rates is preferred to a short one over an old bundled rate", () => {
    const book = bookWith([
      { provider: "first", ageMs: 90 * dayMs, base: "USD", rates: { JPY: "150" }, bundled: true },
      { provider: "second", ageMs: 0, base: "EUR", rates: { JPY: "160", USD: "1.25" } },
    ]);
    const rate = book.at(now).find("USD", "JPY");
    assert.deepEqual([rate.displayRate, rate.bundled], ["128", false]);
  });

  test("an unknown provider is refused", () => {
    assert.throws(
      () => bookWith([]).at(now, "third"),
      refusal("PROVIDER_NOT_FOUND", { provider_id: "third" }),
    );
  });
});

describe("publishing", () => {
  const origin = { fetchedAtMs: 0, bundled: false };

  for (const digits of ["0", "0.000", "-1", "1e3", ""]) {
    test(`refuses the rate ${JSON.stringify(digits)} with all that came with it`, () => {
      const book = bookOf({});
      const rates = new Map([
        ["USD", "1.1"],
        ["JPY", digits],
      ]);
      assert.throws(() => book.publish("ecb", { baseCurrency: "EUR", publishedAtMs: 0, rates }, origin));
      assert.throws(() => book.at(0).find("EUR", "USD"), unavailable("EUR", "USD"));
    });
  }

  test("replaces what was published at the same time", () => {
    const book = bookOf(ecbDays, { bundled: true });
    const publishedAtMs = publishedAt("2026-04-13");
    book.publish("ecb", { baseCurrency: "EUR", publishedAtMs, rates: new Map([["USD", "1.1685"]]) }, origin);
    const rate = book.at(publishedAtMs).find("EUR", "USD");
    assert.deepEqual([rate.displayRate, rate.bundled], ["1.1685", false]);
  });
});
