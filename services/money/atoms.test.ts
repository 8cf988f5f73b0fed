import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  AmountOverflow,
  atomsFromExact,
  formatMoney,
  fromAtoms,
  maxAtoms,
  requireAtomsInRange,
  toAtoms,
} from "./atoms.ts";
import { declareCustomUnit, findIsoCurrency } from "./currency.ts";
import { Decimal, DecimalError } from "./decimal.ts";
import { Ratio } from "./ratio.ts";
import { roundingModes } from "./rounding.ts";

const anyAtoms = fc.oneof(
  fc.bigInt({ min: -maxAtoms, max: maxAtoms }),
  fc.bigInt({ min: -2000n, max: 2000n }),
  fc.constantFrom(maxAtoms, -maxAtoms, maxAtoms - 1n, 0n),
);
const anyScale = fc.integer({ min: 0, max: 9 });
const anyMode = fc.constantFrom(...roundingModes);

describe("toAtoms", () => {
  const read: readonly [amount: string, scale: number, atoms: bigint][] = [
    ["12.34", 8, 1_234_000_000n],
    ["-0.00000001", 8, -1n],
    ["0", 0, 0n],
    ["-0.0", 2, 0n],
    ["1.50000000000", 1, 15n],
    ["92233720368.54775807", 8, maxAtoms],
    ["-92233720368.54775807", 8, -maxAtoms],
    ["9223372036854775807", 0, maxAtoms],
  ];
  for (const [amount, scale, atoms] of read) {
    it(`reads ${amount} at scale ${scale}`, () => assert.equal(toAtoms(amount, scale), atoms));
  }

  const tooFine: readonly [amount: string, scale: number][] = [
    ["0.000000001", 8],
    ["1.5", 0],
    ["-0.01", 1],
    ["0.100000000000000000000000000000000001", 8],
  ];
  for (const [amount, scale] of tooFine) {
    it(`refuses ${amount} at scale ${scale} and rounds nothing`, () => {
      assert.throws(
        () => toAtoms(amount, scale),
        (error: unknown) => error instanceof DecimalError && error.why.includes(`at most ${scale} digits`),
      );
    });
  }

  const tooLarge: readonly [amount: string, scale: number][] = [
    ["9223372036854775808", 0],
    ["-9223372036854775808", 0],
    ["92233720368.54775808", 8],
    ["9".repeat(40), 9],
  ];
  for (const [amount, scale] of tooLarge) {
    it(`refuses ${amount} at scale ${scale} as beyond 64 bits`, () => {
      assert.throws(() => toAtoms(amount, scale), AmountOverflow);
    });
  }

  it("gives back the atoms that fromAtoms wrote", () => {
    fc.assert(
      fc.property(anyAtoms, anyScale, (atoms, scale) => {
        assert.equal(toAtoms(fromAtoms(atoms, scale), scale), atoms);
      }),
    );
  });

  it("keeps the order of amounts", () => {
    fc.assert(
      fc.property(anyAtoms, anyAtoms, anyScale, (left, right, scale) => {
        const order = Decimal.parse(fromAtoms(left, scale)).compare(Decimal.parse(fromAtoms(right, scale)));
        assert.equal(order, left < right ? -1 : left > right ? 1 : 0);
      }),
    );
  });
});

describe("fromAtoms", () => {
  it("writes lifetime totals that 64 bits cannot hold", () => {
    assert.equal(fromAtoms(10n ** 24n, 8), "10000000000000000");
    assert.equal(fromAtoms(-(10n ** 24n) - 1n, 9), "-1000000000000000.000000001");
  });
});

describe("atomsFromExact", () => {
  it("rounds a price to the ledger as the mode says", () => {
    const exact = Decimal.parse("0.0000000125");
    assert.equal(atomsFromExact(exact, 8, "up"), 2n);
    assert.equal(atomsFromExact(exact, 8, "half-even"), 1n);
    assert.equal(atomsFromExact(Ratio.of(2n, 3n), 8, "down"), 66_666_666n);
    assert.equal(atomsFromExact(Ratio.of(-2n, 3n), 8, "floor"), -66_666_667n);
  });

  it("never makes a positive charge free when it rounds up", () => {
    const positive = fc.bigInt({ min: 1n, max: 10n ** 18n });
    fc.assert(
      fc.property(
        positive,
        fc.bigInt({ min: 1n, max: 10n ** 40n }),
        anyScale,
        (numerator, denominator, scale) => {
          fc.pre(numerator / denominator < 10n ** 9n);
          assert.ok(atomsFromExact(Ratio.of(numerator, denominator), scale, "up") >= 1n);
        },
      ),
    );
  });

  it("agrees for a decimal and the same value as a ratio, overflow included", () => {
    const anyUnits = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
    const outcome = (compute: () => bigint): bigint | string => {
      try {
        return compute();
      } catch (error) {
        assert.ok(error instanceof AmountOverflow);
        return error.message;
      }
    };
    fc.assert(
      fc.property(anyUnits, fc.nat({ max: 18 }), anyScale, anyMode, (units, digits, scale, mode) => {
        const value = Decimal.ofUnits(units, digits);
        assert.equal(
          outcome(() => atomsFromExact(value, scale, mode)),
          outcome(() => atomsFromExact(Ratio.fromDecimal(value), scale, mode)),
        );
      }),
    );
  });

  it("overflows only by what the rounding makes of it", () => {
    const edge = Decimal.parse("9223372036854775807.4");
    assert.equal(atomsFromExact(edge, 0, "half-even"), maxAtoms);
    assert.throws(() => atomsFromExact(edge, 0, "up"), AmountOverflow);
  });
});

describe("requireAtomsInRange", () => {
  it("passes what 64 bits hold and says what does not fit", () => {
    assert.equal(requireAtomsInRange(-maxAtoms, 2), -maxAtoms);
    assert.throws(
      () => requireAtomsInRange(maxAtoms + 1n, 8),
      /^AmountOverflow: 92233720368\.54775808 is beyond ±92233720368\.54775807/,
    );
    assert.throws(
      () => requireAtomsInRange(10n ** 5000n, 0),
      (error: unknown) => error instanceof AmountOverflow && error.message.length < 200,
    );
  });
});

describe("formatMoney", () => {
  it("shows the minor digits and every further digit there is", () => {
    const usd = findIsoCurrency("USD")!;
    const credit = declareCustomUnit({ code: "CREDIT", name: "Credits", minorDigits: 0 });
    assert.equal(formatMoney(1_230_000_000n, usd), "12.30 USD");
    assert.equal(formatMoney(1_250n, usd), "0.0000125 USD");
    assert.equal(formatMoney(-100_000_000n, usd), "-1.00 USD");
    assert.equal(formatMoney(0n, usd), "0.00 USD");
    assert.equal(formatMoney(5_000_000n, findIsoCurrency("JPY")!), "5 JPY");
    assert.equal(formatMoney(2_500_000n, credit), "2.5 CREDIT");
  });
});
