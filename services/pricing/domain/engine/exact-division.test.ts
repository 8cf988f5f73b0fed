import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Decimal } from "#money/decimal.ts";
import { divideExactly } from "./exact-division.ts";

/** Steps of the 36th digit after the point. */
function tiny(steps: string): string {
  return `0.${steps.padStart(36, "0")}`;
}

const cases: readonly [dividend: string, divisor: string, quotient: string][] = [
  ["0", "1000000", "0"],
  ["3000", "1000000", "0.003"],
  ["1", "8", "0.125"],
  ["1", "0.001", "1000"],
  ["1.5", "0.25", "6"],
  ["7", "3600", "0.001944444444444444444444444444444444"],
  ["1", "3", `0.${"3".repeat(36)}`],
  ["2", "3", `0.${"6".repeat(35)}7`],
  // Ties beyond the 36th digit go to the even one.
  [tiny("1"), "2", "0"],
  [tiny("3"), "2", tiny("2")],
  [tiny("5"), "10", "0"],
  [tiny("15"), "10", tiny("2")],
];
for (const [dividend, divisor, quotient] of cases) {
  test(`${dividend} ÷ ${divisor} = ${quotient}`, () => {
    assert.equal(divideExactly(Decimal.parse(dividend), Decimal.parse(divisor)).toString(), quotient);
  });
}

test("dividing what was multiplied gives it back, whatever the divisor", () => {
  const quantity = fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 30n }), fc.nat({ max: 18 }));
  const divisor = fc.tuple(fc.bigInt({ min: 1n, max: 10n ** 18n }), fc.nat({ max: 18 }));
  fc.assert(
    fc.property(quantity, divisor, ([units, scale], [divisorUnits, divisorScale]) => {
      const value = Decimal.ofUnits(units, scale);
      const by = Decimal.ofUnits(divisorUnits, divisorScale);
      assert.ok(divideExactly(value.multiply(by), by).equals(value));
    }),
  );
});
