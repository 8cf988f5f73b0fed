/** Worked examples that other billing systems have published: terms, usage and the exact result. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Decimal } from "#money/decimal.ts";
import {
  adjusted,
  component,
  decimalsOf,
  eventsOf,
  percentage,
  perUnit,
  priced,
  termsOf,
  tiersOf,
  usageOf,
} from "../../testing/terms.ts";
import type { DurationRate, PriceTerms, Transform } from "../price-terms.ts";
import { termsOfTokenRates } from "../token-rates.ts";
import { calculatePrice } from "./calculate-price.ts";
import type { Usage } from "./usage.ts";

type Example = readonly [name: string, terms: PriceTerms, usage: Usage, total: string];

const units = (quantity: string) => usageOf({ units: quantity });
const of = (model: Parameters<typeof priced>[1], others: Parameters<typeof priced>[2] = {}) =>
  termsOf([priced("units", model, others)]);
const each = (unitAmount: string, per = "1") => ({ kind: "per_unit", unitAmount, per }) as const;
const flat = (amount: string) => ({ kind: "flat", amount, occurrence: "per_usage" }) as const;
const blocksOf = (divideBy: string): Transform => ({ multiplyBy: "1", divideBy, rounding: "up" });
const tokenPrice = (rates: Record<string, string | Record<string, string>>) =>
  termsOfTokenRates(
    "USD",
    "1000000",
    Object.fromEntries(
      Object.entries(rates).map(([meter, rate]) => [
        meter,
        typeof rate === "string" ? { standard: rate } : rate,
      ]),
    ),
  );

const lagoGraduated = of({
  kind: "graduated",
  tiers: tiersOf(["10", "10", "2"], ["20", "5", "3"], ["", "5", "3"]),
});
const openMeterTiers = tiersOf(["5", "0", "100"], ["10", "0", "50"], ["15", "10"], ["", "5"]);
const openMeterGraduated = of({ kind: "graduated", tiers: openMeterTiers });
const openMeterVolume = of({
  kind: "volume",
  tiers: tiersOf(["5", "0", "100"], ["10", "0", "150"], ["15", "10"], ["", "5"]),
});
const lagoVolume = of({
  kind: "volume",
  tiers: tiersOf(["100", "2", "10"], ["200", "1"], ["", "0.5", "50"]),
});
const lagoGraduatedPercentage = of({
  kind: "graduated_percentage",
  tiers: [
    { upTo: "10", ratePercent: "1", flatAmount: "200" },
    { upTo: "20", ratePercent: "2", flatAmount: "300" },
    { ratePercent: "3", flatAmount: "400" },
  ],
});
const packages = (packageSize: string, packageAmount: string, freeUnits = "0") =>
  of({ kind: "packages", packageSize, packageAmount }, { freeUnits });
const lagoPercentage = of(
  percentage("1.3", { fixedAmount: "2", freeEvents: 3, freeAmount: "250", eventMeter: "payments" }),
);
const lagoBounded = (freeEvents: number) =>
  of(percentage("2.99", { freeEvents, minimumPerEvent: "1.75", maximumPerEvent: "12" }));
const perSecond = (
  amount: string,
  connectFee: string,
  weekdays: readonly number[],
  from: string,
): DurationRate => ({
  window: { timeZone: "UTC", weekdays, from, to: "24:00:00" },
  connectFee,
  steps: [{ fromMs: 0, incrementMs: 1_000, amount, perMs: 1_000 }],
});
const workdays = [1, 2, 3, 4, 5];
const cgratesByTime = termsOf([
  priced("seconds", {
    kind: "duration",
    rates: [
      perSecond("0.5", "0", workdays, "18:00:00"),
      perSecond("1", "1", workdays, "00:00:00"),
      perSecond("0.5", "0", [6, 7], "00:00:00"),
    ],
  }),
]);
const during = (from: string, to: string) =>
  usageOf({}, { atMs: Date.parse(from), endedAtMs: Date.parse(to) });
const seconds = (count: string) => usageOf({ seconds: count });
const longContext = tokenPrice({
  input_tokens: { standard: "5", above_272k: "10" },
  output_tokens: { standard: "30", above_272k: "45" },
  cache_creation_input_tokens: { standard: "6.25", above_272k: "12.5" },
  cached_input_tokens: { standard: "0.5", above_272k: "1" },
});
const versioned = (rate: string) => tokenPrice({ input_tokens: rate });
const offPeak = termsOf([
  component("input_tokens", [
    perUnit("0.27", {
      per: "1000000",
      variantId: "day",
      conditions: [
        {
          kind: "time_window",
          window: { timeZone: "UTC", weekdays: [], from: "00:30:00", to: "16:30:00" },
        },
      ],
    }),
    perUnit("0.135", {
      per: "1000000",
      variantId: "night",
      conditions: [
        {
          kind: "time_window",
          window: { timeZone: "UTC", weekdays: [], from: "16:30:00", to: "00:30:00" },
        },
      ],
    }),
  ]),
]);

const examples: Readonly<Record<string, readonly Example[]>> = {
  "pydantic/genai-prices@47df840a:tests/test_price_calc.py": [
    ["web search", of(each("10", "1000")), units("2"), "0.02"],
    [
      "GPT-4o",
      tokenPrice({ input_tokens: "2.5", output_tokens: "10" }),
      usageOf({ input_tokens: 1_000, output_tokens: 100 }),
      "0.0035",
    ],
    [
      "Kimi, cached input",
      tokenPrice({ input_tokens: "0.95", cached_input_tokens: "0.19", output_tokens: "4" }),
      usageOf({ input_tokens: 1_000, cached_input_tokens: 100, output_tokens: 100 }),
      "0.001274",
    ],
    [
      "everything cached",
      tokenPrice({
        input_tokens: "0.30",
        input_audio_tokens: "1.00",
        output_tokens: "2.50",
        cached_input_tokens: "0.03",
        cached_input_audio_tokens: "0.10",
      }),
      usageOf({ input_tokens: 1_000_000, cached_input_tokens: 1_000_000 }),
      "0.03",
    ],
    [
      "at the threshold of the context",
      longContext,
      usageOf({ input_tokens: 272_000, cache_creation_input_tokens: 272_000 }),
      "1.7",
    ],
    [
      "above the threshold",
      longContext,
      usageOf({
        input_tokens: 300_000,
        cache_creation_input_tokens: 100_000,
        cached_input_tokens: 50_000,
        output_tokens: 10_000,
      }),
      "3.25",
    ],
    ["o3 before its price changed", versioned("10"), usageOf({ input_tokens: 1_000 }), "0.01"],
    [
      "off-peak",
      offPeak,
      usageOf({ input_tokens: 100_000_000 }, { atMs: Date.parse("2025-06-01T17:00:00Z") }),
      "13.5",
    ],
  ],
  "browser-use/browser-use#5305": [
    [
      "cache reads and writes",
      tokenPrice({ input_tokens: "3", cached_input_tokens: "0.3", cache_creation_input_tokens: "3.75" }),
      usageOf({ input_tokens: 2_000, cached_input_tokens: 500, cache_creation_input_tokens: 300 }),
      "0.004875",
    ],
  ],
  "earendil-works/pi#2148": [
    [
      "cached input",
      tokenPrice({ input_tokens: "0.50", cached_input_tokens: "0.05", output_tokens: "3" }),
      usageOf({ input_tokens: 20_212, cached_input_tokens: 16_298, output_tokens: 931 }),
      "0.0055649",
    ],
  ],
  "openmeterio/openmeter@7e57a394:openmeter/billing/rating/service/rate": [
    ["unitconfig: thousands", of(each("10"), { transform: blocksOf("1000") }), units("1400"), "20"],
    [
      "unitconfig: then free units",
      of(each("10"), { transform: blocksOf("1000"), freeUnits: "0.5" }),
      units("1400"),
      "15",
    ],
    ["unitconfig: none", of(each("10")), units("1400"), "14000"],
    [
      "tieredgraduated: minimum",
      {
        ...of({
          kind: "graduated",
          tiers: tiersOf(["5", "0", "100"], ["10", "0", "50"], ["15", "5"], ["", "1"]),
        }),
        adjustments: adjusted({ minimumAmount: "1000" }),
      },
      units("0"),
      "1000",
    ],
    ["tieredgraduated: 12", openMeterGraduated, units("12"), "170"],
    ["tieredgraduated: 22", openMeterGraduated, units("22"), "235"],
    ["package: 5", packages("10", "15"), units("5"), "15"],
    [
      "package: maximum of the period",
      { ...packages("10", "15"), adjustments: adjusted({ maximumAmount: "100", scope: "period" }) },
      usageOf(
        { units: 50 },
        { priorQuantities: decimalsOf({ units: 60 }), priorBilled: Decimal.parse("90") },
      ),
      "10",
    ],
    ["tieredvolume: 3", openMeterVolume, units("3"), "100"],
    ["tieredvolume: 5", openMeterVolume, units("5"), "100"],
    ["tieredvolume: 14", openMeterVolume, units("14"), "140"],
    ["tieredvolume: 16, cheaper than 15", openMeterVolume, units("16"), "80"],
    ["tieredvolume: 100", openMeterVolume, units("100"), "500"],
    ["flat", of(flat("100")), units("1"), "100"],
    [
      "dynamic: markup and rounding",
      {
        ...of({ kind: "cost_plus", multiplier: "1.33333", fixedAmount: "0" }),
        rounding: { digits: 2, mode: "half-even" },
      },
      units("10"),
      "13.33",
    ],
  ],
  "getlago/lago-api@1b1c24a6:spec/services/charge_models": [
    ["standard", of(each("5.12345")), units("10"), "51.2345"],
    ["graduated: 1", lagoGraduated, units("1"), "12"],
    ["graduated: 10", lagoGraduated, units("10"), "102"],
    ["graduated: 11", lagoGraduated, units("11"), "110"],
    ["graduated percentage: 0", lagoGraduatedPercentage, units("0"), "200"],
    ["graduated percentage: 10", lagoGraduatedPercentage, units("10"), "200.1"],
    ["package", packages("10", "100"), units("121"), "1300"],
    ["package: more free than used", packages("10", "100", "200"), units("121"), "0"],
    [
      "percentage: free events and free amount",
      lagoPercentage,
      usageOf({}, { events: eventsOf("50", "100", "250", "400") }),
      "11.15",
    ],
    ["percentage: nothing", lagoPercentage, usageOf({ units: 0, payments: 4 }), "0"],
    ["percentage: bounds", lagoBounded(0), usageOf({}, { events: eventsOf("10", "80", "10000") }), "16.142"],
    [
      "percentage: bounds and free events",
      lagoBounded(2),
      usageOf({}, { events: eventsOf("10", "80", "10000") }),
      "12",
    ],
    ["volume: 0", lagoVolume, units("0"), "10"],
    ["volume: 200", lagoVolume, units("200"), "200"],
    ["volume: 300", lagoVolume, units("300"), "200"],
    [
      "dynamic, in cents",
      of(
        { kind: "cost_plus", multiplier: "1", fixedAmount: "0" },
        { transform: { multiplyBy: "1", divideBy: "100", rounding: "none" } },
      ),
      units("40.2"),
      "0.402",
    ],
  ],
  "useautumn/autumn@187c0a7f:apps/docs/mintlify/documentation/modelling-pricing": [
    ["credit-systems", { ...of(each("3")), currencyCode: "CREDIT" }, units("6"), "18"],
    ["prepaid-pricing", of(each("10", "1000"), { freeUnits: "500" }), units("3000"), "25"],
    [
      "volume-based-tiers, mixed",
      of({ kind: "volume", tiers: tiersOf(["1000", "0.1"], ["10000", "0.08", "50"], ["", "0.05", "100"]) }),
      units("5000"),
      "450",
    ],
    [
      "volume-based-tiers, stairs",
      of({ kind: "volume", tiers: tiersOf(["1000", "0", "100"], ["10000", "0", "500"], ["", "0", "1000"]) }),
      units("15000"),
      "1000",
    ],
  ],
  "killbill/killbill-docs@891f5131:userguide": [
    [
      "catalog-examples: blocks of 10",
      termsOf([
        priced("", flat("30")),
        priced(
          "units",
          { kind: "graduated", tiers: tiersOf(["100", "1"], ["", "0.5"]) },
          { transform: blocksOf("10") },
        ),
      ]),
      units("1200"),
      "140",
    ],
    [
      "catalog-examples: all tiers",
      termsOf([
        priced("", flat("30")),
        priced("units", { kind: "graduated", tiers: tiersOf(["1000", "1.5"], ["", "2"]) }),
      ]),
      units("1200"),
      "1930",
    ],
    [
      "catalog-usage: top tier of two meters",
      {
        ...termsOf([
          priced(
            "minutes",
            { kind: "volume", tiers: tiersOf(["100", "1"], ["", "0.5"]) },
            { transform: blocksOf("10") },
          ),
          priced("mbytes", { kind: "volume", tiers: tiersOf(["1024", "0.5"], ["", "0.1"]) }),
        ]),
        currencyCode: "EUR",
      },
      usageOf({ minutes: 1_500, mbytes: 2_048 }),
      "279.8",
    ],
  ],
  "docs.oracle.com, banking liquidity management 14.7.4: tier based amounts": [
    [
      "slabs",
      of({ kind: "graduated", tiers: tiersOf(["250", "0", "10"], ["500", "0", "20"], ["", "0", "30"]) }),
      units("1000"),
      "60",
    ],
    [
      "variable unit",
      of({ kind: "volume", tiers: tiersOf(["250", "1"], ["500", "2"], ["", "3"]) }),
      units("1000"),
      "3000",
    ],
  ],
  "zuplo.com/docs/articles/monetization/pricing-models": [
    [
      "graduated",
      of({ kind: "graduated", tiers: tiersOf(["1000", "0.1"], ["10000", "0.05"], ["", "0.01"]) }),
      units("15000"),
      "600",
    ],
  ],
  "chargebee.com/docs/billing/2.0/product-catalog/package-pricing": [
    ["a million", packages("1000000", "1.25"), units("1000000"), "1.25"],
  ],
  "docs.flexprice.io/docs/product-catalogue/plans/billing-models/package.md": [
    [
      "stairs",
      of({
        kind: "volume",
        tiers: tiersOf(["1000", "0", "50"], ["5000", "0", "200"], ["10000", "0", "350"]),
      }),
      units("1500"),
      "200",
    ],
  ],
  "cgrates/cgrates@19463bdc:engine/calldesc_test.go": [
    ["at night", cgratesByTime, during("2012-02-08T23:50:00Z", "2012-02-08T23:50:30Z"), "15"],
    ["over midnight", cgratesByTime, during("2012-02-07T23:50:00Z", "2012-02-08T00:30:00Z"), "2100"],
    [
      "a first minute, then seconds",
      termsOf([
        priced("seconds", {
          kind: "duration",
          rates: [
            {
              connectFee: "0",
              steps: [
                { fromMs: 0, incrementMs: 60_000, amount: "1", perMs: 1_000 },
                { fromMs: 60_000, incrementMs: 1_000, amount: "1", perMs: 1_000 },
              ],
            },
          ],
        }),
      ]),
      seconds("132"),
      "132",
    ],
    // The source rounds each increment, and says itself that its 0.3001 is wrong.
    [
      "rounded never",
      termsOf([
        priced("seconds", {
          kind: "duration",
          rates: [
            { connectFee: "0", steps: [{ fromMs: 0, incrementMs: 1_000, amount: "0.1", perMs: 60_000 }] },
          ],
        }),
      ]),
      seconds("180"),
      "0.3",
    ],
  ],
};

for (const [source, cases] of Object.entries(examples)) {
  describe(source, () => {
    for (const [name, terms, usage, total] of cases) {
      test(`${name}: ${total}`, () => {
        const { total: exact, lines } = calculatePrice(terms, usage);
        assert.equal(exact.toString(), total);
        const sum = lines.reduce((so, { amount }) => so.add(amount), Decimal.zero);
        assert.equal(sum.toString(), total, "the lines add up to the total");
      });
    }
  });
}

test("all 57 published examples are here", () => {
  assert.equal(Object.values(examples).flat().length, 57);
});
