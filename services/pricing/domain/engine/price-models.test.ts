import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Decimal } from "#money/decimal.ts";
import { decimalsOf, eventsOf, percentage, priced, termsOf, tiersOf, usageOf } from "../../testing/terms.ts";
import type { PercentageModel, PriceComponent, PriceModel, PriceTerms } from "../price-terms.ts";
import { PricingError } from "../pricing-error.ts";
import { calculatePrice } from "./calculate-price.ts";
import type { Usage } from "./usage.ts";

const of = (model: PriceModel, others: Partial<PriceComponent> = {}) =>
  termsOf([priced("units", model, others)]);
const totalOf = (terms: PriceTerms, usage: Usage) => calculatePrice(terms, usage).total.toString();
const after = (prior: string, quantity: string, others: Partial<Usage> = {}) =>
  usageOf({ units: quantity }, { priorQuantities: decimalsOf({ units: prior }), ...others });
const linesOf = (terms: PriceTerms, usage: Usage) =>
  calculatePrice(terms, usage).lines.map(({ description }) => description);

const graduated: PriceModel = {
  kind: "graduated",
  tiers: tiersOf(["10", "10", "2"], ["20", "5", "3"], ["", "1", "4"]),
};
const volume: PriceModel = { kind: "volume", tiers: tiersOf(["10", "3", "1"], ["", "2"]) };
const packages: PriceModel = { kind: "packages", packageSize: "10", packageAmount: "15" };
const perUnit: PriceModel = { kind: "per_unit", unitAmount: "0.3", per: "1" };
const graduatedPercentage: PriceModel = {
  kind: "graduated_percentage",
  tiers: [
    { upTo: "100", ratePercent: "3", flatAmount: "1" },
    { ratePercent: "1", flatAmount: "2" },
  ],
};
const costPlus: PriceModel = { kind: "cost_plus", multiplier: "1.25", fixedAmount: "0.5" };
const onceInPeriod: PriceModel = { kind: "flat", amount: "9", occurrence: "per_period" };
const everyTime: PriceModel = { kind: "flat", amount: "9", occurrence: "per_usage" };

describe("what a prior quantity has paid is not due again", () => {
  const cases: readonly [name: string, model: PriceModel, prior: string, quantity: string, total: string][] =
    [
      ["within a tier", graduated, "2", "3", "30"],
      ["over a bound", graduated, "8", "4", "33"],
      ["over two bounds", graduated, "9", "12", "68"],
      ["from a bound on: the next tier is entered", graduated, "10", "1", "8"],
      ["nothing more", graduated, "12", "0", "0"],
      ["prior 0 has entered the first tier", graduated, "0", "1", "10"],
      ["volume: the whole by its tier, less the prior by its own", volume, "4", "4", "12"],
      ["volume: below 0 counts as 0", volume, "10", "1", "0"],
      ["a package that was begun", packages, "11", "9", "0"],
      ["a package that begins", packages, "11", "10", "15"],
      ["percentages by tier", graduatedPercentage, "90", "20", "2.4"],
      ["a cost's fixed amount", costPlus, "1", "4", "5"],
      ["a flat amount of the period", onceInPeriod, "1", "4", "0"],
      ["a flat amount of each usage is due each time", everyTime, "1", "4", "9"],
    ];
  for (const [name, model, prior, quantity, total] of cases) {
    test(name, () => assert.equal(totalOf(of(model), after(prior, quantity)), total));
  }

  test("a flat amount of the period is due when nothing came before, and not after a billed amount", () => {
    assert.equal(totalOf(of(onceInPeriod), after("0", "1")), "9");
    assert.equal(
      totalOf(of(onceInPeriod), usageOf({ units: 1 }, { priorBilled: Decimal.parse("0.01") })),
      "0",
    );
  });

  test("free units are used up by what came before", () => {
    const terms = of(perUnit, { freeUnits: "100" });
    assert.equal(totalOf(terms, after("40", "70")), "3");
    assert.equal(totalOf(terms, after("150", "70")), "21");
    assert.equal(totalOf(terms, usageOf({ units: 99 })), "0");
  });
});

describe("the sum of marginal prices is the price of the whole", () => {
  const models: ReadonlyArray<readonly [name: string, model: PriceModel]> = [
    ["per unit", perUnit],
    ["graduated", graduated],
    ["packages", packages],
    ["graduated percentage", graduatedPercentage],
    ["cost plus", { kind: "cost_plus", multiplier: "1.25", fixedAmount: "0" }],
    ["percentage with a free amount", percentage("1.5", { freeAmount: "30" })],
  ];
  const quantity = fc.bigInt({ min: 1n, max: 5_000n }).map((digits) => Decimal.ofUnits(digits, 2));
  for (const [name, model] of models) {
    test(name, () => {
      fc.assert(
        fc.property(
          fc.array(quantity, { minLength: 1, maxLength: 6 }),
          fc.nat({ max: 30 }),
          (parts, free) => {
            const terms = of(model, { freeUnits: model.kind === "percentage" ? "0" : String(free) });
            let before = Decimal.zero;
            let sum = Decimal.zero;
            for (const [index, part] of parts.entries()) {
              const usage =
                index === 0 ? usageOf({ units: part.toString() }) : after(before.toString(), part.toString());
              sum = sum.add(calculatePrice(terms, usage).total);
              before = before.add(part);
            }
            assert.equal(sum.toString(), totalOf(terms, usageOf({ units: before.toString() })));
          },
        ),
      );
    });
  }
});

test("more never costs less, but by volume", () => {
  const quantity = fc.bigInt({ min: 0n, max: 500_000n }).map((digits) => Decimal.ofUnits(digits, 4));
  const models = [perUnit, graduated, packages, graduatedPercentage, costPlus, percentage("2")];
  fc.assert(
    fc.property(fc.constantFrom(...models), quantity, quantity, (model, some, more) => {
      const price = (units: Decimal) => calculatePrice(of(model), usageOf({ units: units.toString() })).total;
      assert.ok(price(some).compare(price(some.add(more))) <= 0);
    }),
  );
  assert.equal(totalOf(of(volume), usageOf({ units: 10 })), "31");
  assert.equal(totalOf(of(volume), usageOf({ units: 11 })), "22");
});

test("bounds of tiers are inclusive, down to the last digit", () => {
  assert.equal(totalOf(of(graduated), usageOf({ units: "10" })), "102");
  assert.equal(totalOf(of(graduated), usageOf({ units: "10.000000000000000001" })), "105.000000000000000005");
});

test("each model says in words how its amount came about", () => {
  const cases: readonly [model: PriceModel, usage: Usage, lines: string[]][] = [
    [everyTime, usageOf({ units: 3 }), ["flat amount for 3 units, for each usage = 9 USD"]],
    [perUnit, usageOf({ units: 3 }), ["3 units × 0.3 USD = 0.9 USD"]],
    [
      graduated,
      after("8", "4"),
      [
        "2 units up to 10 × 10 USD = 20 USD",
        "flat amount of the tier above 10 up to 20 = 3 USD",
        "2 units above 10 up to 20 × 5 USD = 10 USD",
      ],
    ],
    [
      volume,
      after("4", "4"),
      [
        "8 units up to 10 × 3 USD = 24 USD",
        "flat amount of the tier up to 10 = 1 USD",
        "less, for what came before: 4 units up to 10 × 3 USD = -12 USD",
        "less, for what came before: flat amount of the tier up to 10 = -1 USD",
      ],
    ],
    [packages, usageOf({ units: 25 }), ["3 packages of 10 for 25 units × 15 USD = 45 USD"]],
    [
      percentage("2.5", { fixedAmount: "0.1", minimumPerEvent: "1" }),
      usageOf({}, { events: eventsOf("10", "100") }),
      [
        "110 USD × 2.5 % = 2.75 USD",
        "2 events × 0.1 USD = 0.2 USD",
        "raised to the minimum of 1 USD for 1 events = 0.65 USD",
      ],
    ],
    [costPlus, usageOf({ units: 4 }), ["cost of 4 USD × 1.25 = 5 USD", "fixed amount on the cost = 0.5 USD"]],
  ];
  for (const [model, usage, lines] of cases) assert.deepEqual(linesOf(of(model), usage), lines);
  const converted = of(perUnit, {
    transform: { multiplyBy: "1", divideBy: "1000", rounding: "up" },
    freeUnits: "1",
  });
  assert.deepEqual(linesOf(converted, usageOf({ units: 2_400 })), [
    "2 units × 0.3 USD = 0.6 USD (2,400 converted to 3, 1 free)",
  ]);
});

describe("a percentage", () => {
  const cases: readonly [name: string, model: Partial<PercentageModel>, amounts: string[], total: string][] =
    [
      ["no fee for nothing", { fixedAmount: "1" }, ["0", "0"], "0"],
      ["a fee for each event", { fixedAmount: "1" }, ["10", "30"], "6"],
      ["the first events are free", { freeEvents: 1, fixedAmount: "1" }, ["10", "30"], "4"],
      ["the first amounts are free", { freeAmount: "15" }, ["10", "30"], "2.5"],
      [
        "an event that the free amount covers owes no minimum",
        { freeAmount: "15", minimumPerEvent: "4" },
        ["10", "30"],
        "4",
      ],
      ["never more than the maximum", { maximumPerEvent: "2" }, ["10", "30"], "3"],
    ];
  for (const [name, model, amounts, total] of cases) {
    test(`${name}: ${total}`, () => {
      const terms = of(percentage("10", model));
      assert.equal(totalOf(terms, usageOf({}, { events: eventsOf(...amounts) })), total);
    });
  }

  test("events and amounts before count towards the allowances", () => {
    const terms = of(percentage("10", { freeEvents: 3, fixedAmount: "1", eventMeter: "payments" }));
    const prior = { priorQuantities: decimalsOf({ payments: 2, units: 100 }) };
    assert.equal(totalOf(terms, usageOf({}, { events: eventsOf("10", "20"), ...prior })), "3");
    const amount = of(percentage("10", { freeAmount: "110" }));
    assert.equal(
      totalOf(
        amount,
        usageOf({}, { events: eventsOf("10", "20"), ...prior, priorQuantities: decimalsOf({ units: 100 }) }),
      ),
      "2",
    );
  });

  test("a sum suffices where no single event matters, and is one event unless counted", () => {
    const counted = of(percentage("10", { fixedAmount: "1", eventMeter: "payments" }));
    assert.equal(totalOf(counted, usageOf({ units: 100, payments: 5 })), "15");
    assert.equal(totalOf(counted, usageOf({ units: 100 })), "11");
    const bounded = of(percentage("10", { maximumPerEvent: "2", eventMeter: "payments" }));
    assert.equal(totalOf(bounded, usageOf({ units: 100 })), "2");
  });
});

describe("what cannot be priced is refused", () => {
  const bounded = of(percentage("10", { maximumPerEvent: "2", eventMeter: "payments" }));
  const cases: readonly [name: string, terms: PriceTerms, usage: Usage, reason: string, says: RegExp][] = [
    [
      "a bound without the events",
      bounded,
      usageOf({ units: 9, payments: 2 }),
      "USAGE_INVALID",
      /single events/,
    ],
    [
      "above the last tier",
      of({ kind: "volume", tiers: tiersOf(["10", "1"]) }),
      usageOf({ units: 11 }),
      "PRICE_NOT_APPLICABLE",
      /tiers/,
    ],
    [
      "above the last tier with what came before",
      of({ kind: "graduated", tiers: tiersOf(["10", "1"]) }),
      after("6", "5"),
      "PRICE_NOT_APPLICABLE",
      /tiers/,
    ],
    [
      "events' quantities that disagree with the sum",
      of(perUnit),
      usageOf(
        { units: 4 },
        { events: [{ quantities: decimalsOf({ units: 3 }), amount: Decimal.zero, atMs: undefined }] },
      ),
      "USAGE_INVALID",
      /units is 4, but the events sum up to 3/,
    ],
    [
      "events' amounts that disagree with the quantity",
      of(percentage("1")),
      usageOf({ units: 4 }, { events: eventsOf("3") }),
      "USAGE_INVALID",
      /come to 3/,
    ],
  ];
  for (const [name, terms, usage, reason, says] of cases) {
    test(`${name}: ${reason}`, () => {
      assert.throws(
        () => calculatePrice(terms, usage),
        (error: unknown) =>
          error instanceof PricingError && error.reason === reason && says.test(error.message),
      );
    });
  }

  test("quantities of events are summed up and billed", () => {
    const events = ["3", "4"].map((units) => ({
      quantities: decimalsOf({ units }),
      amount: Decimal.zero,
      atMs: undefined,
    }));
    assert.equal(totalOf(of(perUnit), usageOf({}, { events })), "2.1");
  });
});
