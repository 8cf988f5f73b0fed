import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Decimal } from "./decimal.ts";
import { Ratio } from "./ratio.ts";
import { divideRounded, roundingModes } from "./rounding.ts";

const anyMode = fc.constantFrom(...roundingModes);
const anyRatio = fc
  .tuple(
    fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
    fc.oneof(fc.bigInt({ min: 1n, max: 99n }), fc.bigInt({ min: -(10n ** 30n), max: -1n })),
  )
  .map(([numerator, denominator]) => Ratio.of(numerator, denominator));
const anyRate = anyRatio.filter((ratio) => !ratio.isZero());
const anyDecimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.nat({ max: 18 }))
  .map(([units, scale]) => Decimal.ofUnits(units, scale));

const rate = (text: string): Ratio => Ratio.fromDecimal(Decimal.parse(text));

describe("Ratio", () => {
  const crosses: readonly {
    amount: string;
    times: string[];
    over: string[];
    digits: number;
    result: string;
  }[] = [
    { amount: "100", times: ["1.0825"], over: [], digits: 2, result: "108.25" },
    { amount: "100", times: [], over: ["1.0825"], digits: 8, result: "92.37875289" },
    // GBP → EUR → JPY: one rounding at the end, not one for each step.
    { amount: "10", times: ["169.43"], over: ["0.8333"], digits: 6, result: "2033.241330" },
    { amount: "0.01", times: [], over: ["3", "3", "3"], digits: 5, result: "0.00037" },
    { amount: "-1", times: [], over: ["8"], digits: 2, result: "-0.12" },
  ];
  for (const { amount, times, over, digits, result } of crosses) {
    it(`takes ${amount} × [${times}] ÷ [${over}] to ${result}`, () => {
      let ratio = rate(amount);
      for (const step of times) ratio = ratio.multiply(rate(step));
      for (const step of over) ratio = ratio.divide(rate(step));
      assert.equal(ratio.round(digits, "half-even").toFixed(digits), result);
    });
  }

  it("comes back to the start after any rate and its inverse", () => {
    fc.assert(
      fc.property(anyRatio, anyRate, (value, step) => {
        assert.equal(value.multiply(step).divide(step).compare(value), 0);
        assert.equal(value.divide(step).compare(value.multiply(step.invert())), 0);
        assert.equal(step.invert().invert().compare(step), 0);
        assert.equal(step.multiply(step.invert()).compare(Ratio.one), 0);
      }),
    );
  });

  it("multiplies associatively, whatever the order of the steps", () => {
    fc.assert(
      fc.property(anyRatio, anyRatio, anyRatio, anyMode, (a, b, c, mode) => {
        const left = a.multiply(b).multiply(c);
        const right = c.multiply(a.multiply(b));
        assert.equal(left.compare(right), 0);
        assert.equal(left.round(9, mode).toString(), right.round(9, mode).toString());
      }),
    );
  });

  it("rounds a decimal as the decimal itself does, and an integer fraction as divideRounded does", () => {
    fc.assert(
      fc.property(anyDecimal, anyRatio, fc.nat({ max: 20 }), anyMode, (decimal, ratio, digits, mode) => {
        assert.equal(Ratio.fromDecimal(decimal).toUnits(digits, mode), decimal.toUnits(digits, mode));
        assert.equal(ratio.toUnits(0, mode), divideRounded(ratio.numerator, ratio.denominator, mode));
      }),
    );
  });

  it("orders as its decimals do and keeps the denominator positive", () => {
    fc.assert(
      fc.property(anyDecimal, anyDecimal, anyRatio, (a, b, ratio) => {
        assert.equal(Ratio.fromDecimal(a).compare(Ratio.fromDecimal(b)), a.compare(b));
        assert.equal(Ratio.fromDecimal(a).isNegative(), a.isNegative());
        assert.ok(ratio.denominator > 0n);
      }),
    );
  });

  it("refuses to divide by zero", () => {
    const zero = rate("0.00");
    assert.throws(() => Ratio.of(1n, 0n), RangeError);
    assert.throws(() => zero.invert(), RangeError);
    assert.throws(() => Ratio.one.divide(zero), RangeError);
  });

  it("refuses digits that are no whole number, and operators", () => {
    assert.throws(() => Ratio.one.round(1.5, "up"), RangeError);
    assert.throws(() => Ratio.one.toUnits(-1, "up"), RangeError);
    assert.throws(() => Ratio.one < Ratio.of(2n, 1n), TypeError);
    assert.equal(`${Ratio.of(1n, -3n)}`, "-1/3");
  });
});
