import { Decimal } from "#money/decimal.ts";
import {
  adjusted,
  decimalsOf,
  eventsOf,
  percentage,
  priced,
  termsOf,
  tiersOf,
  usageOf,
} from "../../../../testing/terms.ts";
import { blocksOf, each, flat, of, type PublishedExamples, packages, units } from "./example.ts";

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
const lagoPercentage = of(
  percentage("1.3", { fixedAmount: "2", freeEvents: 3, freeAmount: "250", eventMeter: "payments" }),
);
const lagoBounded = (freeEvents: number) =>
  of(percentage("2.99", { freeEvents, minimumPerEvent: "1.75", maximumPerEvent: "12" }));

/** Of tiers, packages, percentages and what bounds them. */
export const tiersAndPackages: PublishedExamples = {
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
};
