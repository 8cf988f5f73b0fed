import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Decimal } from "#money/decimal.ts";
import { findPaymentCurrency, fromMinorUnits, toMinorUnits } from "./payment-currency.ts";
import { requirePayable } from "./top-up-rules.ts";

const rules = {
  successUrl: "",
  cancelUrl: "",
  returnOrigins: new Set<string>(),
  bounds: new Map([["USD", { minimum: Decimal.parse("5"), maximum: Decimal.parse("2000") }]]),
};

describe("an amount of a currency as Stripe counts it", () => {
  const cases: ReadonlyArray<[currency: string, amount: string, minor: number]> = [
    ["USD", "12.34", 1_234],
    ["JPY", "500", 500],
    ["MGA", "500", 500],
    ["KWD", "1.23", 1_230],
    ["ISK", "500", 50_000],
    ["UGX", "500", 50_000],
    ["HUF", "175.25", 17_525],
  ];
  for (const [currency, amount, minor] of cases) {
    test(`${amount} ${currency} is ${minor}`, () => {
      assert.equal(toMinorUnits(findPaymentCurrency(currency)!, Decimal.parse(amount)), minor);
      assert.equal(fromMinorUnits(currency, minor), amount);
    });
  }

  test("is unknown for custom units, withdrawn codes and small letters", () => {
    for (const code of ["CREDIT", "usd", "XAU", "BGN", ""])
      assert.equal(findPaymentCurrency(code), undefined);
  });
});

describe("what can be paid", () => {
  const cases: ReadonlyArray<[currency: string, amount: string, refusal: string | undefined]> = [
    ["EUR", "0.50", undefined],
    ["EUR", "0.49", "TOP_UP_AMOUNT_OUT_OF_BOUNDS"],
    ["EUR", "999999.99", undefined],
    ["EUR", "1000000", "TOP_UP_AMOUNT_OUT_OF_BOUNDS"],
    ["EUR", "0.505", "TOP_UP_AMOUNT_NOT_PAYABLE"],
    ["EUR", "-5", "TOP_UP_AMOUNT_OUT_OF_BOUNDS"],
    ["EUR", "0", "TOP_UP_AMOUNT_OUT_OF_BOUNDS"],
    ["USD", "4.99", "TOP_UP_AMOUNT_OUT_OF_BOUNDS"],
    ["USD", "5.000", undefined],
    ["USD", "2000.01", "TOP_UP_AMOUNT_OUT_OF_BOUNDS"],
    ["JPY", "49", "TOP_UP_AMOUNT_OUT_OF_BOUNDS"],
    ["JPY", "50.0", undefined],
    ["JPY", "50.5", "TOP_UP_AMOUNT_NOT_PAYABLE"],
    ["KWD", "1.005", "TOP_UP_AMOUNT_NOT_PAYABLE"],
    ["ISK", "100.50", "TOP_UP_AMOUNT_NOT_PAYABLE"],
    ["IDR", "9999999999.99", undefined],
    ["CREDIT", "5", "TOP_UP_CURRENCY_NOT_SUPPORTED"],
  ];
  for (const [currency, amount, refusal] of cases) {
    test(`${amount} ${currency}: ${refusal ?? "payable"}`, () => {
      const check = () => requirePayable(rules, currency, Decimal.parse(amount));
      if (refusal === undefined) assert.equal(check().code, currency);
      else assert.throws(check, { reason: refusal });
    });
  }
});
