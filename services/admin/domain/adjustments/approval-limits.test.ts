import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Decimal } from "#money/decimal.ts";
import { parseApprovalLimits } from "./approval-limits.ts";

describe("limits of corrections", () => {
  const cases: ReadonlyArray<[limits: string, currency: string, amount: string, required: boolean]> = [
    ["", "USD", "1000000", false],
    ["USD=1000", "USD", "1000", false],
    ["USD=1000", "USD", "1000.00000001", true],
    ["USD=1000", "USD", "-1000.01", true],
    ["USD=1000", "EUR", "1000000", false],
    ["USD=1000,*=0", "EUR", "0.01", true],
    ["USD=1000, EUR=0.5", "EUR", "0.6", true],
    ["USD=0", "USD", "0.00000001", true],
  ];
  for (const [limits, currency, amount, required] of cases) {
    test(`"${limits}": ${amount} ${currency} ${required ? "needs" : "needs no"} second key`, () => {
      const parsed = parseApprovalLimits(limits);
      assert.equal(parsed.requireApproval(currency, Decimal.parse(amount)), required);
    });
  }

  for (const wrong of ["USD", "USD=", "USD=-1", "usd=1", "USD=1,USD=2", "USD=1;EUR=2", "USD=1e3"]) {
    test(`"${wrong}" is refused`, () => {
      assert.throws(() => parseApprovalLimits(wrong));
    });
  }
});
