import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { adjusted, percentage, perUnit, priced, termsOf, tiersOf } from "../../testing/terms.ts";
import type { Condition, DurationStep, PriceTerms } from "../price-terms.ts";
import { PricingError } from "../pricing-error.ts";
import { checkTerms } from "./check-terms.ts";

const units = priced("units", { kind: "per_unit", unitAmount: "1", per: "1" });
const under = (condition: Condition) => termsOf([{ ...units, conditions: [condition] }]);
const tiers = (...list: string[][]) =>
  termsOf([priced("units", { kind: "graduated", tiers: tiersOf(...(list as [string, string][])) })]);
const steps = (...fromMs: number[]) =>
  termsOf([
    priced("units", {
      kind: "duration",
      rates: [
        {
          connectFee: "0",
          steps: fromMs.map(
            (from): DurationStep => ({ fromMs: from, incrementMs: 1, amount: "1", perMs: 1 }),
          ),
        },
      ],
    }),
  ]);
const window = (timeZone: string) => ({ timeZone, weekdays: [], from: "00:00:00", to: "24:00:00" });

const contradictions: readonly [name: string, terms: PriceTerms, field: string][] = [
  ["a component id twice", termsOf([units, units]), "terms.components[1].component_id"],
  [
    "a variant id twice",
    termsOf([{ ...units, variants: [perUnit("1"), perUnit("2")] }]),
    "terms.components[0].variants[1].variant_id",
  ],
  [
    "a meter twice",
    {
      ...termsOf([units]),
      meters: [
        { meter: "units", displayName: "", subsetOf: [] },
        { meter: "units", displayName: "x", subsetOf: [] },
      ],
    },
    "terms.meters[1].meter",
  ],
  ["subsets in a circle", termsOf([units], { units: ["a"], a: ["units"] }), "terms.meters"],
  [
    "a model without its meter",
    termsOf([priced("", { kind: "per_unit", unitAmount: "1", per: "1" })]),
    "terms.components[0].meter",
  ],
  [
    "tiers out of order",
    tiers(["10", "1"], ["10", "1"]),
    "terms.components[0].variants[0].graduated.tiers[1].up_to",
  ],
  ["a first tier of nothing", tiers(["0", "1"]), "terms.components[0].variants[0].graduated.tiers[0].up_to"],
  [
    "an unbounded tier in the midst",
    tiers(["", "1"], ["10", "1"]),
    "terms.components[0].variants[0].graduated.tiers[0].up_to",
  ],
  [
    "free units of a percentage",
    termsOf([priced("units", percentage("1"), { freeUnits: "1" })]),
    "terms.components[0].free_units",
  ],
  [
    "a minimum above the maximum",
    { ...termsOf([units]), adjustments: adjusted({ minimumAmount: "2", maximumAmount: "1.5" }) },
    "terms.adjustments.minimum_amount",
  ],
  [
    "a minimum per event above its maximum",
    termsOf([priced("units", percentage("1", { minimumPerEvent: "2", maximumPerEvent: "1" }))]),
    "terms.components[0].variants[0].percentage.minimum_per_event",
  ],
  [
    "a period for a component",
    termsOf([{ ...units, adjustments: adjusted({ scope: "period" }) }]),
    "terms.components[0].adjustments.scope",
  ],
  [
    "a bound for the period of single usages",
    {
      ...termsOf([priced("", { kind: "flat", amount: "1", occurrence: "per_usage" })]),
      adjustments: adjusted({ maximumAmount: "1", scope: "period" }),
    },
    "terms.components[0].variants",
  ],
  [
    "a step that does not begin at 0",
    steps(1),
    "terms.components[0].variants[0].duration.rates[0].steps[0].from",
  ],
  ["steps out of order", steps(0, 5, 5), "terms.components[0].variants[0].duration.rates[0].steps[2].from"],
  [
    "a time zone that is none",
    under({ kind: "time_window", window: window("Europe/Atlantis") }),
    "terms.components[0].conditions[0].time_window.time_zone",
  ],
  [
    "nothing to compare with",
    under({ kind: "attribute", attribute: "tier", match: "any_of", values: [] }),
    "terms.components[0].conditions[0].attribute.values",
  ],
  [
    "values where none are compared",
    under({ kind: "attribute", attribute: "tier", match: "present", values: ["a"] }),
    "terms.components[0].conditions[0].attribute.values",
  ],
  [
    "a range without bounds",
    under({ kind: "quantity", meter: "units" }),
    "terms.components[0].conditions[0].quantity",
  ],
  [
    "an empty range",
    under({ kind: "quantity", meter: "units", above: "5", upTo: "4" }),
    "terms.components[0].conditions[0].quantity.up_to",
  ],
];

describe("terms that contradict themselves are PRICE_INVALID and named", () => {
  for (const [name, terms, field] of contradictions) {
    test(name, () => {
      assert.throws(
        () => checkTerms(terms, "terms"),
        (error: unknown) => {
          assert.ok(error instanceof PricingError && error.reason === "PRICE_INVALID");
          assert.deepEqual(
            error.fields.map((violation) => violation.field),
            [field],
          );
          return true;
        },
      );
    });
  }
});

test("every fault is named at once", () => {
  const terms = {
    ...termsOf([units, units]),
    adjustments: adjusted({ minimumAmount: "2", maximumAmount: "1" }),
  };
  assert.throws(
    () => checkTerms(terms, "draft.terms"),
    (error: unknown) =>
      error instanceof PricingError &&
      error.fields.length === 2 &&
      /draft[.]terms.*and 1 more/.test(error.message),
  );
});

test("terms that fit pass", () => {
  const berlin = { kind: "time_window", window: window("Europe/Berlin") } as const;
  checkTerms(under(berlin), "terms");
  checkTerms(tiers(["10", "1"], ["", "2"]), "terms");
  checkTerms(steps(0, 5), "terms");
});
