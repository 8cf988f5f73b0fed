import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Decimal } from "#money/decimal.ts";
import { Ratio } from "#money/ratio.ts";
import { CurrencyDirectory, type KnownCurrency } from "../currencies/currency-directory.ts";
import { type ComparedRate, judgeRate } from "./rate-guard.ts";

const currencies = new CurrencyDirectory("EUR");
const euro = currencies.require("EUR");
const dollar = currencies.require("USD");
const withGuard = (guard: Partial<KnownCurrency["guard"]>): KnownCurrency => ({
  ...dollar,
  guard: { ...dollar.guard, ...guard },
});
const compared = (rate: string): ComparedRate => ({
  factor: Ratio.fromDecimal(Decimal.parse(rate)),
  step: { baseCurrency: "EUR", quoteCurrency: "USD", publishedRate: rate, providerId: "p", publishedAtMs: 0 },
});
const judge = (rate: string, lastGood?: string, others: readonly string[] = [], quote = dollar) =>
  judgeRate(rate, {
    lastGood: lastGood === undefined ? undefined : compared(lastGood),
    others: others.map(compared),
    pair: [euro, quote],
  });

describe("against the last good rate", () => {
  const cases: readonly [
    name: string,
    rate: string,
    lastGood: string,
    reason: string | undefined,
    percent: string,
  ][] = [
    ["no change", "1.25", "1.2500", undefined, "0"],
    ["exactly what is allowed", "1.1", "1", undefined, "10"],
    ["a hair more", "1.100001", "1", "jump", "10.0001"],
    ["exactly as much less", "0.9", "1", undefined, "-10"],
    ["a hair less than that", "0.899999", "1", "jump", "-10.0001"],
    ["a hundredfold", "125", "1.25", "jump", "9900"],
    ["a hundredth", "0.0125", "1.25", "jump", "-99"],
    ["the inverse", "0.8", "1.25", "inverted", "-36"],
    ["near the inverse", "0.85", "1.25", "inverted", "-32"],
    ["the inverse of a small one", "186.75", "0.00535", "inverted", "3490554.205607"],
  ];
  for (const [name, rate, lastGood, reason, percent] of cases)
    test(`${name}: ${rate} after ${lastGood}`, () =>
      assert.deepEqual(judge(rate, lastGood), { reason, changePercent: percent }));

  test("the more volatile of the two currencies decides", () => {
    assert.equal(judge("1.3", "1", [], withGuard({ maxChangePercent: "30" })).reason, undefined);
    assert.equal(judge("1.08", "1", [], withGuard({ maxChangePercent: "5" })).reason, undefined);
    assert.equal(judge("1.31", "1", [], withGuard({ maxChangePercent: "30" })).reason, "jump");
  });

  test("a first rate of all is let pass", () => {
    assert.deepEqual(judge("1.25"), { reason: undefined, changePercent: "" });
  });
});

describe("against the other providers", () => {
  const cases: readonly [
    name: string,
    rate: string,
    others: readonly string[],
    reason: string | undefined,
  ][] = [
    ["too few of them", "1.5", ["1.25"], undefined],
    ["near the median", "1.27", ["1.25", "1.25"], undefined],
    ["exactly as far as is allowed", "1.275", ["1.25", "1.25"], undefined],
    ["too far from it", "1.28", ["1.25", "1.25"], "consensus"],
    ["one of the others is wrong", "1.25", ["1.25", "125"], undefined],
    ["between two that disagree", "1.25", ["1", "2"], undefined],
    ["an even number: the middle of the two middle ones", "1.26", ["1.24", "1.25", "1.3"], undefined],
  ];
  for (const [name, rate, others, reason] of cases)
    test(`${name}: ${rate} beside ${others.join(" and ")}`, () =>
      assert.equal(judge(rate, undefined, others).reason, reason));

  test("as many as the currency wants must have published", () => {
    const four = withGuard({ consensusProviders: 4 });
    assert.equal(judge("1.5", undefined, ["1.25", "1.25"], four).reason, undefined);
    assert.equal(judge("1.5", undefined, ["1.25", "1.25", "1.25"], four).reason, "consensus");
  });
});

describe("for any rate", () => {
  const anyRate = fc
    .tuple(fc.bigInt({ min: 1n, max: 10n ** 10n }), fc.nat({ max: 8 }))
    .map(([units, scale]) => Decimal.ofUnits(units, scale).toString());
  const times = (rate: string, factor: string) =>
    Decimal.parse(rate).multiply(Decimal.parse(factor)).toString();

  test("a factor of 100 is held, up and down", () => {
    fc.assert(
      fc.property(anyRate, (rate) => {
        for (const factor of ["100", "0.01"])
          assert.notEqual(judge(times(rate, factor), rate).reason, undefined);
      }),
    );
  });

  test("its inverse is held unless both are near 1", () => {
    fc.assert(
      fc.property(anyRate, (rate) => {
        const inverse = Ratio.fromDecimal(Decimal.parse(rate)).invert().round(18, "half-even");
        if (inverse.isZero()) return;
        const isNearOne = Number(rate) > 0.94 && Number(rate) < 1.06;
        if (!isNearOne) assert.equal(judge(inverse.toString(), rate).reason, "inverted");
      }),
    );
  });

  test("a change below what is allowed passes", () => {
    fc.assert(
      fc.property(anyRate, fc.integer({ min: -9_999, max: 9_999 }), (rate, parts) => {
        const factor = Decimal.one.add(Decimal.ofUnits(BigInt(parts), 5)).toString();
        assert.equal(judge(times(rate, factor), rate).reason, undefined);
      }),
    );
  });
});
