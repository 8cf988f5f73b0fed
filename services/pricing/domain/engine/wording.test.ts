import assert from "node:assert/strict";
import { test } from "node:test";
import { Decimal } from "#money/decimal.ts";
import { groupDigits } from "./wording.ts";

const cases: readonly [text: string, grouped: string][] = [
  ["0", "0"],
  ["999", "999"],
  ["1000", "1,000"],
  ["-1000", "-1,000"],
  ["-100", "-100"],
  ["999999", "999,999"],
  ["1234567.891011", "1,234,567.891011"],
  ["0.0000025", "0.0000025"],
];
for (const [text, grouped] of cases) {
  test(`${text} is written ${grouped}`, () => assert.equal(groupDigits(Decimal.parse(text)), grouped));
}
