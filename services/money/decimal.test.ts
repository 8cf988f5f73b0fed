import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Decimal, DecimalError, maxDecimal, minDecimal } from "./decimal.ts";
import { divideRounded, roundingModes } from "./rounding.ts";

const anyMode = fc.constantFrom(...roundingModes);
const anyDigits = fc.nat({ max: 40 });

/** Decimals of all sizes, with zeros at the end among them. */
const anyDecimal = fc
  .tuple(
    fc.oneof(
      fc.bigInt({ min: -1000n, max: 1000n }),
      fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }),
      fc.nat({ max: 30 }).map((zeros) => 10n ** BigInt(zeros)),
    ),
    fc.nat({ max: 36 }),
  )
  .map(([units, scale]) => Decimal.ofUnits(units, scale));

/** Canonical texts, built from digits and not from the code under test. */
const canonicalText = fc
  .tuple(
    fc.boolean(),
    fc.stringMatching(/^(0|[1-9][0-9]{0,39})$/),
    fc.stringMatching(/^([0-9]{0,35}[1-9])?$/),
  )
  .map(([minus, integer, fraction]) => {
    const text = fraction === "" ? integer : `${integer}.${fraction}`;
    return minus && text !== "0" ? `-${text}` : text;
  });

describe("Decimal.parse", () => {
  const written: readonly [text: string, canonical: string][] = [
    ["0", "0"],
    ["-0", "0"],
    ["-0.000", "0"],
    ["007", "7"],
    ["12.3400", "12.34"],
    ["-0.50", "-0.5"],
    ["100", "100"],
    ["0.00000000013", "0.00000000013"],
    ["9".repeat(40), "9".repeat(40)],
    [`-0.${"0".repeat(35)}1`, `-0.${"0".repeat(35)}1`],
  ];
  for (const [text, canonical] of written) {
    it(`reads ${text}`, () => assert.equal(Decimal.parse(text).toString(), canonical));
  }

  const refused: readonly [text: unknown, why: RegExp][] = [
    ["", /empty/],
    [" 1", /spaces/],
    ["1 000", /spaces/],
    ["1\n", /spaces/],
    ["\u00a01", /spaces/],
    ["+1", /plus/],
    ["1e5", /exponent/],
    ["1E-5", /exponent/],
    ["-1.5e+300", /exponent/],
    ["1,000.00", /grouping/],
    ["1_000", /grouping/],
    ["1'000", /grouping/],
    ["1,5", /grouping/],
    [".5", /before the point/],
    ["-.5", /before the point/],
    ["5.", /after the point/],
    ["1.2.3", /only one point/],
    ["-", /only digits/],
    ["--1", /only digits/],
    ["1-", /only digits/],
    ["0x1f", /only digits/],
    ["1n", /only digits/],
    ["NaN", /only digits/],
    ["Infinity", /only digits/],
    ["−1", /only digits/],
    ["１", /only digits/],
    ["٣", /only digits/],
    ["1\u0000", /only digits/],
    ["1".repeat(41), /at most 40 digits .* before/],
    [`0.${"1".repeat(37)}`, /at most 36 digits .* after/],
    ["0".repeat(41), /at most 40 digits .* before/],
    ["1".repeat(1_000_000), /too long/],
    [`${"1".repeat(78)}e`, /too long/],
    [1.5, /must be a text/],
    [10n, /must be a text/],
    [null, /must be a text/],
    [undefined, /must be a text/],
    [["1"], /must be a text/],
  ];
  for (const [text, why] of refused) {
    const shown = JSON.stringify(String(text).slice(0, 20));
    it(`refuses ${typeof text} ${shown} because ${why.source}`, () => {
      assert.throws(
        () => Decimal.parse(text as string),
        (error: unknown) => error instanceof DecimalError && why.test(error.why),
      );
    });
  }

  it("obeys the bounds of the caller", () => {
    const bounds = { integerDigits: 2, fractionDigits: 0 };
    assert.equal(Decimal.parse("-99", bounds).toString(), "-99");
    assert.throws(() => Decimal.parse("100", bounds), /at most 2 digits may stand before/);
    assert.throws(() => Decimal.parse("1.0", bounds), /at most 0 digits may stand after/);
    assert.throws(() => Decimal.parse("123456", bounds), /too long/);
  });

  it("quotes a hostile text in its message shortly and without control characters", () => {
    assert.throws(
      () => Decimal.parse(`1\n\u001b[31m"${"x".repeat(50)}`),
      (error: unknown) => {
        assert.ok(error instanceof DecimalError);
        assert.ok(error.message.length < 160, error.message);
        assert.ok(error.message.startsWith('"1\\n\\u001b[31m\\"xxx'), error.message);
        return true;
      },
    );
  });

  it("either refuses a text with DecimalError or reads what it says, whatever the text", () => {
    const hostile = fc.oneof(
      fc.string({ unit: "binary", maxLength: 90 }),
      fc.stringMatching(/^[-+]?[0-9.,eE_ ]{0,90}$/),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        let value: Decimal;
        try {
          value = Decimal.parse(text);
        } catch (error) {
          assert.ok(error instanceof DecimalError);
          return;
        }
        assert.match(text, /^-?[0-9]{1,40}([.][0-9]{1,36})?$/);
        assert.equal(value.toFixed(text.split(".")[1]?.length ?? 0), withoutLeadingZeros(text));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("Decimal.toString", () => {
  it("gives a canonical text back as it was", () => {
    fc.assert(fc.property(canonicalText, (text) => assert.equal(Decimal.parse(text).toString(), text)));
  });

  it("writes texts that parse to the same value, without needless digits or a negative zero", () => {
    const wide = { integerDigits: 80, fractionDigits: 80 };
    fc.assert(
      fc.property(anyDecimal, (value) => {
        const text = value.toString();
        assert.ok(Decimal.parse(text, wide).equals(value));
        assert.match(text, /^(?!-0$)-?(0|[1-9][0-9]*)([.][0-9]*[1-9])?$/);
      }),
    );
  });

  it("stands in texts and in JSON", () => {
    const price = Decimal.parse("2.50");
    assert.equal(`${price} USD`, "2.5 USD");
    assert.equal(JSON.stringify({ price }), '{"price":"2.5"}');
  });

  it("keeps at least the digits that toFixed asks for and cuts none", () => {
    const cases: readonly [text: string, digits: number, fixed: string][] = [
      ["12", 2, "12.00"],
      ["12.3", 2, "12.30"],
      ["12.345", 2, "12.345"],
      ["-0.1", 0, "-0.1"],
      ["100", 0, "100"],
      ["-0", 2, "0.00"],
    ];
    for (const [text, digits, fixed] of cases) assert.equal(Decimal.parse(text).toFixed(digits), fixed);
  });
});

describe("Decimal arithmetic", () => {
  const equal = (left: Decimal, right: Decimal): void => assert.equal(left.toString(), right.toString());

  it("knows what floats do not", () => {
    equal(Decimal.parse("0.1").add(Decimal.parse("0.2")), Decimal.parse("0.3"));
    equal(Decimal.parse("9007199254740993").multiply(Decimal.parse("3")), Decimal.parse("27021597764222979"));
    equal(Decimal.parse("1.1").subtract(Decimal.parse("1.10")), Decimal.zero);
  });

  it("adds and multiplies associatively, commutatively and distributively", () => {
    fc.assert(
      fc.property(anyDecimal, anyDecimal, anyDecimal, (a, b, c) => {
        equal(a.add(b), b.add(a));
        equal(a.add(b).add(c), a.add(b.add(c)));
        equal(a.multiply(b), b.multiply(a));
        equal(a.multiply(b).multiply(c), a.multiply(b.multiply(c)));
        equal(a.multiply(b.add(c)), a.multiply(b).add(a.multiply(c)));
      }),
    );
  });

  it("takes away what it added, and leaves its operands alone", () => {
    fc.assert(
      fc.property(anyDecimal, anyDecimal, (a, b) => {
        const [before, other] = [a.toString(), b.toString()];
        equal(a.add(b).subtract(b), a);
        equal(a.add(a.negate()), Decimal.zero);
        equal(a.multiply(Decimal.one), a);
        assert.deepEqual([a.toString(), b.toString()], [before, other]);
      }),
    );
  });

  it("orders as the units do at a common scale", () => {
    fc.assert(
      fc.property(anyDecimal, anyDecimal, (a, b) => {
        const left = a.units * 10n ** BigInt(b.scale);
        const right = b.units * 10n ** BigInt(a.scale);
        const order = left < right ? -1 : left > right ? 1 : 0;
        assert.equal(a.compare(b), order);
        assert.equal(b.compare(a), 0 - order);
        assert.equal(a.equals(b), order === 0);
        assert.equal(a.subtract(b).isNegative(), order < 0);
        assert.equal(a.subtract(b).isZero(), order === 0);
      }),
    );
  });

  it("finds the greatest and the least", () => {
    fc.assert(
      fc.property(fc.array(anyDecimal, { minLength: 1, maxLength: 8 }), (values) => {
        const [first, ...others] = values as [Decimal, ...Decimal[]];
        const sorted = values.toSorted((left, right) => left.compare(right));
        equal(minDecimal(first, ...others), sorted[0]!);
        equal(maxDecimal(first, ...others), sorted.at(-1)!);
      }),
    );
  });

  it("refuses operators, which would compare texts", () => {
    const [nine, ten] = [Decimal.parse("9"), Decimal.parse("10")];
    assert.throws(() => ten < nine, TypeError);
    assert.throws(() => Number(ten), TypeError);
  });
});

describe("Decimal.round", () => {
  it("rounds to the digits as divideRounded does", () => {
    fc.assert(
      fc.property(anyDecimal, anyDigits, anyMode, (value, digits, mode) => {
        const units = divideRounded(value.units * 10n ** BigInt(digits), 10n ** BigInt(value.scale), mode);
        assert.equal(value.round(digits, mode).toString(), Decimal.ofUnits(units, digits).toString());
        assert.equal(value.toUnits(digits, mode), units);
      }),
    );
  });

  it("changes nothing the second time, and nothing that fits", () => {
    fc.assert(
      fc.property(anyDecimal, anyDigits, anyMode, anyMode, (value, digits, mode, other) => {
        const rounded = value.round(digits, mode);
        assert.ok(rounded.round(digits, other).equals(rounded));
        assert.ok(value.round(value.scale, mode).equals(value));
      }),
    );
  });

  it("refuses digits that are no whole number from 0 to 1,000", () => {
    for (const digits of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 1001]) {
      assert.throws(() => Decimal.one.round(digits, "down"), RangeError);
      assert.throws(() => Decimal.one.toFixed(digits), RangeError);
      assert.throws(() => Decimal.ofUnits(1n, digits), RangeError);
    }
  });
});

/** "-007.10" → "-7.10", "-0.00" → "0.00". */
function withoutLeadingZeros(text: string): string {
  const plain = text.replace(/^(-?)0+(?=[0-9])/, "$1");
  return /^-[0.]+$/.test(plain) ? plain.slice(1) : plain;
}
