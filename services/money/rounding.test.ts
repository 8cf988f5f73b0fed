import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { divideRounded, type RoundingMode, roundingModes } from "./rounding.ts";

// Tenths on both sides of zero; the columns are the modes.
const table: Readonly<Record<RoundingMode, readonly number[]>> & { tenths: readonly number[] } = {
  tenths: [-26, -25, -24, -20, -16, -15, -14, -5, -1, 0, 1, 5, 14, 15, 16, 20, 24, 25, 26],
  "half-even": [-3, -2, -2, -2, -2, -2, -1, 0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 3],
  "half-up": [-3, -3, -2, -2, -2, -2, -1, -1, 0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 3],
  "half-down": [-3, -2, -2, -2, -2, -1, -1, 0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 3],
  up: [-3, -3, -3, -2, -2, -2, -2, -1, -1, 0, 1, 1, 2, 2, 2, 2, 3, 3, 3],
  down: [-2, -2, -2, -2, -1, -1, -1, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2],
  ceiling: [-2, -2, -2, -2, -1, -1, -1, 0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 3, 3],
  floor: [-3, -3, -3, -2, -2, -2, -2, -1, -1, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2],
};

const anyMode = fc.constantFrom(...roundingModes);
const anyInteger = fc.oneof(
  fc.bigInt({ min: -1000n, max: 1000n }),
  fc.bigInt({ min: -(10n ** 60n), max: 10n ** 60n }),
);
const anyDenominator = fc.oneof(fc.bigInt({ min: 1n, max: 20n }), fc.bigInt({ min: 1n, max: 10n ** 40n }));

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

/** The definition: of the two whole numbers around the fraction, the one that the mode asks for. */
function roundByDefinition(numerator: bigint, denominator: bigint, mode: RoundingMode): bigint {
  const remainder = ((numerator % denominator) + denominator) % denominator;
  const below = (numerator - remainder) / denominator;
  if (remainder === 0n) return below;
  const above = below + 1n;
  const outer = numerator < 0n ? below : above;
  const inner = numerator < 0n ? above : below;
  const toBelow = numerator - below * denominator;
  const toAbove = above * denominator - numerator;
  const nearest = toBelow < toAbove ? below : toAbove < toBelow ? above : undefined;
  const results: Record<RoundingMode, bigint> = {
    "half-even": nearest ?? (below % 2n === 0n ? below : above),
    "half-up": nearest ?? outer,
    "half-down": nearest ?? inner,
    up: outer,
    down: inner,
    ceiling: above,
    floor: below,
  };
  return results[mode];
}

describe("divideRounded", () => {
  for (const mode of roundingModes) {
    it(`rounds ${mode} as the table says`, () => {
      const rounded = table.tenths.map((tenths) => Number(divideRounded(BigInt(tenths), 10n, mode)));
      assert.deepEqual(rounded, table[mode]);
    });
  }

  it("follows the definition for every fraction and mode", () => {
    fc.assert(
      fc.property(anyInteger, anyDenominator, anyMode, (numerator, denominator, mode) => {
        assert.equal(
          divideRounded(numerator, denominator, mode),
          roundByDefinition(numerator, denominator, mode),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it("does not care on which side of the fraction the sign stands", () => {
    fc.assert(
      fc.property(anyInteger, anyDenominator, anyMode, (numerator, denominator, mode) => {
        assert.equal(
          divideRounded(numerator, -denominator, mode),
          divideRounded(-numerator, denominator, mode),
        );
      }),
    );
  });

  it("stays less than one step from the exact value, half a step in the half modes", () => {
    fc.assert(
      fc.property(anyInteger, anyDenominator, anyMode, (numerator, denominator, mode) => {
        const error = magnitude(numerator - divideRounded(numerator, denominator, mode) * denominator);
        assert.ok(mode.startsWith("half") ? 2n * error <= denominator : error < denominator);
      }),
    );
  });

  it("refuses to divide by zero", () => {
    for (const mode of roundingModes) assert.throws(() => divideRounded(1n, 0n, mode), RangeError);
  });
});
