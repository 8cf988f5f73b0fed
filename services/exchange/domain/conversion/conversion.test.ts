import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Decimal } from "#money/decimal.ts";
import { Ratio } from "#money/ratio.ts";
import { type RoundingMode, roundingModes } from "#money/rounding.ts";
import { bookOf, publishedAt } from "../../testing/published-days.ts";
import { ExchangeError } from "../exchange-error.ts";
import { convertAmount } from "./conversion.ts";

const decimal = (text: string) => Decimal.parse(text);
const ratio = (text: string) => Ratio.fromDecimal(decimal(text));
const terms = (digits: number, mode: RoundingMode = "half-even", allowZero = false) => ({
  digits,
  mode,
  allowZero,
});
const rounded = (amount: string, factor: Ratio, digits: number, mode: RoundingMode = "half-even") =>
  convertAmount(decimal(amount), factor, terms(digits, mode)).rounded?.toString();
const reasonIs = (reason: string) => (error: unknown) =>
  error instanceof ExchangeError && error.reason === reason;

describe("conversions that others published, at the ECB's rates", () => {
  // The first three are stated by the tests of the Python package currencyconverter (12.910,
  // 7.267970055963369…, 9.01388); the last is exact arithmetic on two published rates.
  const examples = [
    {
      amount: "10",
      pair: "EUR USD",
      day: "2013-03-21",
      exact: "12.91",
      even: "12.91",
      up: "12.91",
      down: "12.91",
      digits: 2,
    },
    {
      amount: "10",
      pair: "USD EUR",
      day: "2014-03-28",
      exact: "7.267970055963369431",
      even: "7.27",
      up: "7.27",
      down: "7.26",
      digits: 2,
    },
    {
      amount: "10",
      pair: "USD EUR",
      day: "2019-12-08",
      exact: "9.013881377321074455",
      even: "9.01",
      up: "9.02",
      down: "9.01",
      digits: 2,
    },
    {
      amount: "100",
      pair: "USD JPY",
      day: "2026-04-13",
      exact: "15983.39609722697706265",
      even: "15983",
      up: "15984",
      down: "15983",
      digits: 0,
    },
  ];
  for (const { amount, pair, day, exact, even, up, down, digits } of examples) {
    test(`${amount} ${pair} on ${day}`, () => {
      const [from = "", to = ""] = pair.split(" ");
      const { factor } = bookOf().at(publishedAt(day)).find(from, to);
      assert.equal(rounded(amount, factor, 18), exact);
      assert.equal(rounded(amount, factor, digits), even);
      assert.equal(rounded(amount, factor, digits, "half-up"), even);
      assert.equal(rounded(amount, factor, digits, "up"), up);
      assert.equal(rounded(amount, factor, digits, "down"), down);
    });
  }
});

describe("rounding", () => {
  const modes: Record<RoundingMode, [string, string, string, string]> = {
    "half-even": ["2.4", "-2.4", "2.2", "2.3"],
    "half-up": ["2.4", "-2.4", "2.3", "2.3"],
    "half-down": ["2.3", "-2.3", "2.2", "2.3"],
    up: ["2.4", "-2.4", "2.3", "2.3"],
    down: ["2.3", "-2.3", "2.2", "2.2"],
    ceiling: ["2.4", "-2.3", "2.3", "2.3"],
    floor: ["2.3", "-2.4", "2.2", "2.2"],
  };
  for (const [mode, expected] of Object.entries(modes)) {
    test(`${mode} brings 2.35, -2.35, 2.25 and 2.26 to ${expected}`, () => {
      const given = ["2.35", "-2.35", "2.25", "2.26"];
      assert.deepEqual(
        given.map((amount) => rounded(amount, Ratio.one, 1, mode as RoundingMode)),
        expected,
      );
    });
  }

  test("happens once: an amount a hair below the tie does not reach it first", () => {
    const hair = Ratio.of(10n ** 50n - 1n, 10n ** 50n);
    const { unrounded, unroundedIsExact } = convertAmount(decimal("0.5"), hair, undefined);
    assert.deepEqual([unrounded.toString(), unroundedIsExact], ["0.5", false]);
    assert.throws(() => rounded("0.5", hair, 0, "half-up"), reasonIs("AMOUNT_BECOMES_ZERO"));
    assert.equal(rounded("1.5", hair, 0, "half-up"), "1");
  });
});

describe("without rounding", () => {
  const cases = [
    { amount: "10", factor: ratio("1.1684"), unrounded: "11.684", isExact: true },
    { amount: "-1", factor: ratio("8").invert(), unrounded: "-0.125", isExact: true },
    { amount: "1", factor: ratio("3").invert(), unrounded: `0.${"3".repeat(36)}`, isExact: false },
    { amount: "0", factor: ratio("3").invert(), unrounded: "0", isExact: true },
  ];
  for (const { amount, factor, unrounded, isExact } of cases) {
    test(`${amount} × ${factor} is ${unrounded}, ${isExact ? "exactly" : "not to the last digit"}`, () => {
      const converted = convertAmount(decimal(amount), factor, undefined);
      assert.deepEqual(
        [converted.unrounded.toString(), converted.unroundedIsExact, converted.rounded],
        [unrounded, isExact, undefined],
      );
    });
  }
});

describe("an amount other than 0", () => {
  const tiny = ratio("0.001");

  test("is refused where it would become 0, saying what it was", () => {
    for (const amount of ["1", "-1", "4.99"]) {
      assert.throws(
        () => convertAmount(decimal(amount), tiny, terms(2)),
        (error) => {
          assert.ok(error instanceof ExchangeError);
          assert.equal(error.reason, "AMOUNT_BECOMES_ZERO");
          assert.equal(
            error.metadata.unrounded_amount,
            decimal(amount).multiply(decimal("0.001")).toString(),
          );
          return true;
        },
      );
    }
  });

  test("becomes 0 where that is allowed, and the smallest unit where it is rounded up", () => {
    assert.equal(convertAmount(decimal("1"), tiny, terms(2, "half-even", true)).rounded?.toString(), "0");
    assert.equal(rounded("1", tiny, 2, "up"), "0.01");
  });

  test("is refused below the 36th digit too", () => {
    assert.throws(
      () => rounded("0.000000000000000000000000000000000001", tiny, 18),
      reasonIs("AMOUNT_BECOMES_ZERO"),
    );
  });
});

test("0 stays 0", () => assert.equal(rounded("0", ratio("1.1684"), 2), "0"));

describe("an amount too large", () => {
  const most = "9999999999999999999999999";
  const cases: readonly [amount: string, factor: Ratio, mode: RoundingMode][] = [
    [most, ratio("2"), "down"],
    [`-${most}`, ratio("2"), "down"],
    [`${most}.5`, Ratio.one, "up"],
  ];
  for (const [amount, factor, mode] of cases) {
    test(`${amount} × ${factor} is refused`, () =>
      assert.throws(() => rounded(amount, factor, 0, mode), reasonIs("AMOUNT_OVERFLOW")));
  }

  test("the largest is converted", () => assert.equal(rounded(most, Ratio.one, 2), most));
});

describe("for any amount, rates and rounding", () => {
  const anyMode = fc.constantFrom(...roundingModes);
  const anyDigits = fc.nat({ max: 18 });
  const anyAmount = fc
    .tuple(fc.bigInt({ min: -(10n ** 8n), max: 10n ** 8n }), fc.nat({ max: 6 }))
    .map(([units, scale]) => Decimal.ofUnits(units, scale));
  const anyPublished = fc
    .tuple(fc.bigInt({ min: 1n, max: 10n ** 9n }), fc.nat({ max: 6 }))
    .map(([units, scale]) => Decimal.ofUnits(units, scale).toString());
  const factors = (usd: string, jpy: string) => {
    const rates = bookOf({ "2026-04-13": { USD: usd, JPY: jpy } }).at(publishedAt("2026-04-13"));
    return (from: string, to: string) => rates.find(from, to).factor;
  };
  const convert = (amount: Decimal, factor: Ratio, digits: number, mode: RoundingMode) =>
    convertAmount(amount, factor, terms(digits, mode, true)).rounded!;
  const unit = (digits: number) => Decimal.ofUnits(1n, digits);
  const distance = (left: Decimal, right: Decimal) => {
    const difference = left.subtract(right);
    return difference.isNegative() ? difference.negate() : difference;
  };

  test("the result lies less than one unit from the exact one and has no more digits than asked", () => {
    fc.assert(
      fc.property(
        anyAmount,
        anyPublished,
        anyPublished,
        anyDigits,
        anyMode,
        (amount, usd, jpy, digits, mode) => {
          const factor = factors(usd, jpy)("USD", "JPY");
          const result = convert(amount, factor, digits, mode);
          const exact = Ratio.fromDecimal(amount).multiply(factor);
          const above = Ratio.fromDecimal(result.add(unit(digits)));
          const below = Ratio.fromDecimal(result.subtract(unit(digits)));
          assert.ok(below.compare(exact) < 0 && exact.compare(above) < 0);
          assert.ok((result.toString().split(".")[1] ?? "").length <= digits);
        },
      ),
    );
  });

  test("there and back ends within one unit of the last digit", () => {
    fc.assert(
      fc.property(anyAmount, anyPublished, anyPublished, anyDigits, (amount, usd, jpy, digits) => {
        const start = amount.round(digits, "half-even");
        const rate = factors(usd, jpy);
        // Half a unit lost on the way there weighs (1 ÷ rate) / 2 on the way back: with the digits to make
        // that less than half a unit, two roundings stay within one.
        const there = convert(start, rate("USD", "JPY"), digits + 18, "half-even");
        const back = convert(there, rate("JPY", "USD"), digits, "half-even");
        assert.ok(distance(back, start).compare(unit(digits)) <= 0, `${start} → ${there} → ${back}`);
      }),
    );
  });

  test("a triangle of rates closes exactly", () => {
    fc.assert(
      fc.property(anyPublished, anyPublished, (usd, jpy) => {
        const rate = factors(usd, jpy);
        const round = rate("EUR", "USD").multiply(rate("USD", "JPY")).multiply(rate("JPY", "EUR"));
        assert.equal(round.compare(Ratio.one), 0);
        assert.equal(rate("EUR", "USD").multiply(rate("USD", "JPY")).compare(rate("EUR", "JPY")), 0);
      }),
    );
  });

  test("a currency into itself changes nothing but digits", () => {
    fc.assert(
      fc.property(anyAmount, anyDigits, anyMode, (amount, digits, mode) => {
        const same = convert(amount, factors("1.1", "160")("USD", "USD"), digits, mode);
        assert.ok(same.equals(amount.round(digits, mode)));
      }),
    );
  });

  test("ten times the amount is ten times the exact result, and the sign follows", () => {
    fc.assert(
      fc.property(anyAmount, anyPublished, anyPublished, (amount, usd, jpy) => {
        const factor = factors(usd, jpy)("JPY", "USD");
        const exact = (value: Decimal) => convertAmount(value, factor, undefined).unrounded;
        const tenfold = Decimal.ofUnits(10n, 0);
        assert.ok(
          distance(exact(amount.multiply(tenfold)), exact(amount).multiply(tenfold)).compare(unit(35)) < 0,
        );
        assert.ok(exact(amount.negate()).equals(exact(amount).negate()));
      }),
    );
  });
});
