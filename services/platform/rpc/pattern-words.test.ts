import assert from "node:assert/strict";
import { test } from "node:test";
import { describePattern } from "./pattern-words.ts";

const cases: ReadonlyArray<readonly [pattern: string, words: string]> = [
  ["^[A-Za-z0-9_.:@-]{1,128}$", "must be 1 to 128 of letters, digits and _ . : @ -"],
  ["^([A-Za-z0-9_.:@-]{1,128})?$", "must be empty or 1 to 128 of letters, digits and _ . : @ -"],
  [
    "^[A-Z][A-Z0-9_]{1,15}$",
    "must be 2 to 16 of capital letters, digits and _, the first one of capital letters",
  ],
  ["^[!-~]{1,255}$", "must be 1 to 255 of the visible ASCII characters, no spaces"],
  [
    "^-?[0-9]{1,25}([.][0-9]{1,18})?$",
    "must be a plain decimal such as 12.34 (a minus sign allowed, no exponent, at most 25 digits before and 18 after the point)",
  ],
  [
    "^([0-9]{1,18}([.][0-9]{1,18})?)?$",
    "must be empty or a plain decimal such as 12.34 (without a sign, no exponent, at most 18 digits before and 18 after the point)",
  ],
  ["^evt_[A-Za-z0-9_]{1,250}$", "must have the form ^evt_[A-Za-z0-9_]{1,250}$"],
];
for (const [pattern, words] of cases) {
  test(`${pattern} is said in words`, () => assert.equal(describePattern(pattern), words));
}
