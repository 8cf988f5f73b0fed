import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Decimal } from "#money/decimal.ts";
import { readPriceDigits } from "./price-digits.ts";

const read: readonly [source: string, perMillion: string][] = [
  ["0", "0"],
  ["0.0", "0"],
  ["0e-7", "0"],
  ["2.5e-06", "2.5"],
  ["0.0000025", "2.5"],
  ["1.25E-7", "0.125"],
  ["1e-05", "10"],
  ["1e+2", "100000000"],
  ["1.3e-10", "0.00013"],
  ["8.056640625e-09", "0.008056640625"],
  ["1.5000020000000002e-05", "15.00002"],
  ["2.9999900000000002e-06", "2.99999"],
  ["9.999990000000002e-06", "9.99999"],
  ["4.285999999999999e-06", "4.286"],
  ["3.3333333333333335e-05", "33.33333333"],
];
for (const [source, perMillion] of read) {
  test(`${source} for one is ${perMillion} for a million`, () => {
    assert.equal(readPriceDigits(source, 6, true)?.toString(), perMillion);
  });
}

for (const source of [
  "-1e-6",
  "NaN",
  "Infinity",
  "1e400",
  "1e-400",
  "1e-25",
  "1e18",
  "",
  "1.",
  ".5",
  "0x1",
]) {
  test(`${JSON.stringify(source)} is no price`, () => {
    assert.equal(readPriceDigits(source, 6, true), undefined);
  });
}

test("digits of a price are kept exactly, however they are written", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 1n, max: 99_999_999_999_999n }),
      fc.integer({ min: -24, max: -6 }),
      (digits, exponent) => {
        const expected = Decimal.ofUnits(digits, -exponent - 6);
        assert.ok(readPriceDigits(`${digits}e${exponent}`, 6, true)?.equals(expected));
        const plain = Decimal.ofUnits(digits, -exponent).toString();
        assert.ok(readPriceDigits(plain, 6, true)?.equals(expected));
      },
    ),
  );
});

test("a decimal that was written as one keeps every digit", () => {
  assert.equal(readPriceDigits("0.123456789012345678", 0)?.toString(), "0.123456789012345678");
  assert.equal(readPriceDigits("0.1234567890123456789", 0), undefined);
});
