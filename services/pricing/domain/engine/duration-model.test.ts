import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { decimalsOf, priced, termsOf, usageOf } from "../../testing/terms.ts";
import type { DurationRate, DurationStep, PriceTerms, TimeWindow } from "../price-terms.ts";
import { PricingError } from "../pricing-error.ts";
import { calculatePrice } from "./calculate-price.ts";
import { compileWindow } from "./time-window.ts";
import type { Usage } from "./usage.ts";

const step = (others: Partial<DurationStep> = {}): DurationStep => ({
  fromMs: 0,
  incrementMs: 1_000,
  amount: "1",
  perMs: 1_000,
  ...others,
});
const rate = (steps: readonly DurationStep[], others: Partial<DurationRate> = {}): DurationRate => ({
  connectFee: "0",
  steps,
  ...others,
});
const of = (rates: readonly DurationRate[], freeUnits = "0") =>
  termsOf([priced("seconds", { kind: "duration", rates }, { freeUnits })]);
const window = (others: Partial<TimeWindow>): TimeWindow => ({
  timeZone: "UTC",
  weekdays: [],
  from: "00:00:00",
  to: "24:00:00",
  ...others,
});
const during = (from: string, to: string) =>
  usageOf({}, { atMs: Date.parse(from), endedAtMs: Date.parse(to) });
const totalOf = (terms: PriceTerms, usage: Usage) => calculatePrice(terms, usage).total.toString();

describe("time is billed in increments from the beginning", () => {
  const cases: readonly [name: string, terms: PriceTerms, seconds: string, total: string][] = [
    ["whole increments only", of([rate([step({ incrementMs: 60_000 })])]), "60", "60"],
    ["one that has begun is whole", of([rate([step({ incrementMs: 60_000 })])]), "60.001", "120"],
    ["down to less than a millisecond", of([rate([step()])]), "1.000000000000000001", "2"],
    ["nothing", of([rate([step()])]), "0", "0"],
    ["by the minute", of([rate([step({ amount: "0.6", perMs: 60_000 })])]), "90", "0.9"],
    [
      "an increment that crosses into the next step is billed where it begins",
      of([rate([step({ incrementMs: 40_000 }), step({ fromMs: 60_000, amount: "2" })])]),
      "90",
      // 40 + 40 at 1, then 10 at 2
      "100",
    ],
    ["the first seconds are free", of([rate([step()])], "20"), "90", "70"],
    ["all of them are free", of([rate([step()])], "100"), "90", "0"],
    ["a connect fee", of([rate([step()], { connectFee: "5" })]), "3", "8"],
  ];
  for (const [name, terms, seconds, total] of cases) {
    test(`${name}: ${total}`, () => assert.equal(totalOf(terms, usageOf({ seconds })), total));
  }

  test("each event by itself, from its own beginning", () => {
    const terms = of([
      rate([step({ amount: "3" })], { window: window({ from: "12:00:00" }) }),
      rate([step({ incrementMs: 60_000 })]),
    ]);
    const event = (seconds: string, at: string) => ({
      quantities: decimalsOf({ seconds }),
      amount: decimalsOf({ none: 0 }).get("none")!,
      atMs: Date.parse(at),
    });
    const events = [event("10", "2026-01-01T11:00:00Z"), event("20", "2026-01-01T13:00:00Z")];
    assert.equal(totalOf(terms, usageOf({}, { events })), "120");
  });

  test("stretch by stretch as increment by increment", () => {
    const steps = fc
      .array(
        fc.record({
          length: fc.integer({ min: 1, max: 40 }),
          incrementMs: fc.integer({ min: 1, max: 9 }).map((count) => count * 500),
          amount: fc.constantFrom("1", "0.25", "3"),
        }),
        { minLength: 1, maxLength: 4 },
      )
      .map((list) => {
        let fromMs = 0;
        return list.map(({ length, incrementMs, amount }, index) => {
          const begun = index === 0 ? 0 : fromMs;
          fromMs = begun + length * 1_000;
          return step({ fromMs: begun, incrementMs, amount });
        });
      });
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 100_000 }), (list, durationMs) => {
        let expected = 0;
        for (let elapsed = 0; elapsed < durationMs; ) {
          const current = list.findLast(({ fromMs }) => fromMs <= elapsed)!;
          expected += (Number(current.amount) * current.incrementMs) / 1_000;
          elapsed += current.incrementMs;
        }
        const total = totalOf(of([rate(list)]), usageOf({ seconds: String(durationMs / 1_000) }));
        assert.equal(total, String(expected));
      }),
    );
  });
});

describe("the rate is that of the local time at which an increment begins", () => {
  const berlinNight = of([
    rate([step({ amount: "2" })], {
      window: window({ timeZone: "Europe/Berlin", from: "22:00:00", to: "06:00:00" }),
    }),
    rate([step()]),
  ]);
  const cases: readonly [name: string, from: string, to: string, total: string][] = [
    ["by day", "2026-01-10T11:00:00Z", "2026-01-10T11:01:00Z", "60"],
    ["over its beginning", "2026-01-10T20:59:30Z", "2026-01-10T21:00:30Z", "90"],
    ["over its end", "2026-01-10T04:59:30Z", "2026-01-10T05:00:30Z", "90"],
    ["the night in which an hour is skipped", "2026-03-28T20:00:00Z", "2026-03-29T05:00:00Z", "57600"],
    ["the night that has an hour twice", "2026-10-24T19:00:00Z", "2026-10-25T06:00:00Z", "72000"],
  ];
  for (const [name, from, to, total] of cases) {
    test(`${name}: ${total}`, () => assert.equal(totalOf(berlinNight, during(from, to)), total));
  }

  test("a whole year is counted stretch by stretch", () => {
    const usage = during("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z");
    assert.equal(totalOf(berlinNight, usage), String(365 * 86_400 + 365 * 8 * 3_600));
  });
});

describe("a window of local time", () => {
  const cases: readonly [window: Partial<TimeWindow>, at: string, holds: boolean][] = [
    [{ from: "08:00:00", to: "20:00:00" }, "2026-01-05T08:00:00Z", true],
    [{ from: "08:00:00", to: "20:00:00" }, "2026-01-05T20:00:00Z", false],
    [{ from: "22:00:00", to: "06:00:00", weekdays: [5] }, "2026-01-09T23:00:00Z", true],
    // Saturday morning belongs to the window that began on Friday.
    [{ from: "22:00:00", to: "06:00:00", weekdays: [5] }, "2026-01-10T05:59:59Z", true],
    [{ from: "22:00:00", to: "06:00:00", weekdays: [5] }, "2026-01-09T05:00:00Z", false],
    [{ weekdays: [7] }, "2026-01-11T23:59:59Z", true],
    [{ weekdays: [7] }, "2026-01-12T00:00:00Z", false],
    [{ from: "12:00:00", to: "12:00:00", weekdays: [1] }, "2026-01-13T11:59:59Z", true],
    [{ timeZone: "Asia/Kolkata", from: "05:30:00", to: "05:31:00" }, "2026-01-05T00:00:30Z", true],
    [{ timeZone: "America/New_York", from: "20:00:00" }, "1969-12-31T23:00:00Z", false],
  ];
  for (const [partial, at, holds] of cases) {
    test(`${JSON.stringify(partial)} at ${at}: ${holds}`, () => {
      assert.equal(compileWindow(window(partial)).holdsAt(Date.parse(at)), holds);
    });
  }
});

test("what has no rate, or disagrees with itself, is refused", () => {
  const noon = of([rate([step()], { window: window({ from: "12:00:00", to: "13:00:00" }) })]);
  const cases: readonly [terms: PriceTerms, usage: Usage, reason: string][] = [
    [noon, during("2026-01-01T12:59:00Z", "2026-01-01T13:01:00Z"), "PRICE_NOT_APPLICABLE"],
    [
      noon,
      { ...during("2026-01-01T12:00:00Z", "2026-01-01T12:00:05Z"), quantities: decimalsOf({ seconds: 6 }) },
      "USAGE_INVALID",
    ],
    [noon, usageOf({ seconds: "999999999999" }), "USAGE_INVALID"],
  ];
  for (const [terms, usage, reason] of cases) {
    assert.throws(
      () => calculatePrice(terms, usage),
      (error: unknown) => error instanceof PricingError && error.reason === reason,
    );
  }
  const agreeing = {
    ...during("2026-01-01T12:00:00Z", "2026-01-01T12:00:05Z"),
    quantities: decimalsOf({ seconds: 5 }),
  };
  assert.equal(totalOf(noon, agreeing), "5");
});
