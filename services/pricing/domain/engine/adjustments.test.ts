import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Decimal } from "#money/decimal.ts";
import { roundingModes } from "#money/rounding.ts";
import { adjusted, decimalsOf, priced, termsOf, tiersOf, usageOf } from "../../testing/terms.ts";
import type { Adjustments, BookChange, PriceTerms } from "../price-terms.ts";
import { PricingError } from "../pricing-error.ts";
import { type BookStage, calculatePrice } from "./calculate-price.ts";
import type { Usage } from "./usage.ts";

const one = priced("units", { kind: "per_unit", unitAmount: "1", per: "1" });
const plain = termsOf([one]);
const withTerms = (others: Partial<Adjustments>): PriceTerms => ({ ...plain, adjustments: adjusted(others) });
const book = (priceBook: string, change: Partial<BookChange>): BookStage => ({
  priceBook,
  change: { freeUnits: [], ...change },
});
const totalOf = (terms: PriceTerms, usage: Usage, books: readonly BookStage[] = []) =>
  calculatePrice(terms, usage, books).total.toString();
const units = (quantity: string) => usageOf({ units: quantity });
const inPeriod = (quantity: string, prior: string, billed: string) =>
  usageOf(
    { units: quantity },
    { priorQuantities: decimalsOf({ units: prior }), priorBilled: Decimal.parse(billed) },
  );

describe("markup, discount, minimum, maximum, in this order", () => {
  const cases: readonly [adjustments: Partial<Adjustments>, quantity: string, total: string][] = [
    [{ markupMultiplier: "1.2" }, "10", "12"],
    [{ discountPercent: "12.5" }, "10", "8.75"],
    [{ markupMultiplier: "1.2", discountPercent: "50" }, "10", "6"],
    [{ discountPercent: "50", minimumAmount: "8" }, "10", "8"],
    [{ markupMultiplier: "2", maximumAmount: "15" }, "10", "15"],
    [{ minimumAmount: "5", maximumAmount: "5" }, "0", "5"],
    [{ discountPercent: "100" }, "10", "0"],
  ];
  for (const [adjustments, quantity, total] of cases) {
    test(`${quantity} with ${JSON.stringify(adjustments)}: ${total}`, () => {
      assert.equal(totalOf(withTerms(adjustments), units(quantity)), total);
      const component = termsOf([{ ...one, adjustments: adjusted(adjustments) }]);
      assert.equal(totalOf(component, units(quantity)), total, "a component's likewise");
    });
  }

  test("a minimum is not due for a usage that names nothing", () => {
    assert.equal(totalOf(withTerms({ minimumAmount: "5" }), usageOf({})), "0");
  });

  test("then those of the books, from the one next to default on, and the rounding last", () => {
    const terms: PriceTerms = {
      ...withTerms({ markupMultiplier: "1.5", minimumAmount: "10" }),
      rounding: { digits: 1, mode: "up" },
    };
    const books = [
      book("gold", { adjustments: adjusted({ discountPercent: "25" }) }),
      book("partner", { adjustments: adjusted({ markupMultiplier: "1.111", maximumAmount: "8.31" }) }),
    ];
    const { total, lines } = calculatePrice(terms, units("2"), books);
    assert.equal(total.toString(), "8.4");
    assert.deepEqual(
      lines.map(({ description }) => description),
      [
        "2 units × 1 USD = 2 USD",
        "markup × 1.5 = 1 USD",
        "raised to the minimum, 10 USD = 7 USD",
        "25 % discount of the price book gold = -2.5 USD",
        "markup × 1.111 of the price book partner = 0.8325 USD",
        "cut to the maximum of the price book partner, 8.31 USD = -0.0225 USD",
        "rounding to 1 digits, up = 0.09 USD",
      ],
    );
  });

  test("a book's free units come on top of the component's", () => {
    const terms = termsOf([{ ...one, freeUnits: "3" }]);
    const free = [book("gold", { freeUnits: [{ componentId: "units", units: "4" }] })];
    assert.equal(totalOf(terms, units("10"), free), "3");
    assert.equal(totalOf(terms, units("6"), free), "0");
  });
});

describe("a bound for the period", () => {
  const cases: readonly [adjustments: Partial<Adjustments>, usage: Usage, total: string][] = [
    [{ maximumAmount: "100" }, inPeriod("50", "60", "60"), "40"],
    [{ maximumAmount: "100" }, inPeriod("50", "200", "100"), "0"],
    [{ maximumAmount: "100" }, inPeriod("50", "0", "0"), "50"],
    [{ minimumAmount: "100" }, inPeriod("10", "20", "20"), "80"],
    [{ minimumAmount: "100" }, inPeriod("10", "20", "100"), "0"],
    // What was billed before came out dearer: nothing is given back.
    [{ maximumAmount: "100" }, inPeriod("1", "1", "500"), "0"],
  ];
  for (const [adjustments, usage, total] of cases) {
    test(`${JSON.stringify(adjustments)}, ${[...usage.quantities.values()]} after ${usage.priorBilled} billed: ${total}`, () => {
      assert.equal(totalOf(withTerms({ ...adjustments, scope: "period" }), usage), total);
    });
  }

  test("counts meters that this usage does not name", () => {
    const terms = {
      ...termsOf([one, priced("images", { kind: "per_unit", unitAmount: "2", per: "1" })]),
      adjustments: adjusted({ maximumAmount: "100", scope: "period" }),
    };
    const usage = usageOf(
      { units: 10 },
      { priorQuantities: decimalsOf({ images: 47 }), priorBilled: Decimal.parse("94") },
    );
    assert.equal(totalOf(terms, usage), "6");
  });

  test("in steps as at once", () => {
    const terms: PriceTerms = {
      ...termsOf([priced("units", { kind: "graduated", tiers: tiersOf(["10", "3", "5"], ["", "1"]) })]),
      adjustments: adjusted({ minimumAmount: "12", maximumAmount: "60", scope: "period" }),
    };
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 6 }), (parts) => {
        let billed = Decimal.zero;
        let before = 0;
        for (const part of parts) {
          billed = billed.add(
            calculatePrice(terms, inPeriod(String(part), String(before), billed.toString())).total,
          );
          before += part;
        }
        assert.equal(billed.toString(), totalOf(terms, units(String(before))));
      }),
    );
  });

  const refused: readonly [name: string, terms: PriceTerms, usage: Usage, reason: string][] = [
    [
      "what was billed, without what was used",
      withTerms({ maximumAmount: "100", scope: "period" }),
      usageOf({ units: 1 }, { priorBilled: Decimal.parse("90") }),
      "USAGE_INVALID",
    ],
    [
      "a model that depends on single usages",
      {
        ...termsOf([priced("units", { kind: "flat", amount: "1", occurrence: "per_usage" })]),
        adjustments: adjusted({ maximumAmount: "100", scope: "period" }),
      },
      units("1"),
      "PRICE_NOT_APPLICABLE",
    ],
  ];
  for (const [name, terms, usage, reason] of refused) {
    test(`${name} is ${reason}, never free`, () => {
      assert.throws(
        () => calculatePrice(terms, usage),
        (error: unknown) => error instanceof PricingError && error.reason === reason,
      );
    });
  }
});

test("whatever the adjustments, the lines add up to the total, which is never below 0", () => {
  const amount = fc
    .bigInt({ min: 0n, max: 10n ** 9n })
    .map((digits) => Decimal.ofUnits(digits, 6).toString());
  const adjustments = fc
    .record({ markup: amount, discount: fc.nat({ max: 100 }), low: amount, high: amount })
    .map(({ markup, discount, low, high }) => {
      const [minimumAmount, maximumAmount] = [low, high].toSorted((a, b) => Number(a) - Number(b));
      return adjusted({
        markupMultiplier: markup === "0" ? "1" : markup,
        discountPercent: String(discount),
        minimumAmount: minimumAmount!,
        maximumAmount: maximumAmount!,
      });
    });
  const rounding = fc.record({ digits: fc.nat({ max: 18 }), mode: fc.constantFrom(...roundingModes) });
  fc.assert(
    fc.property(amount, adjustments, adjustments, rounding, (quantity, own, books, end) => {
      const { total, lines } = calculatePrice(
        { ...plain, adjustments: own, rounding: end },
        units(quantity),
        [book("gold", { adjustments: books })],
      );
      const sum = lines.reduce((so, line) => so.add(line.amount), Decimal.zero);
      assert.ok(sum.equals(total) && !total.isNegative());
      assert.ok(total.round(end.digits, "down").equals(total), "it has the digits of its rounding");
    }),
  );
});
