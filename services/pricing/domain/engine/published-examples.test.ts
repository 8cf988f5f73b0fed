/** Worked examples that other billing systems have published: terms, usage and the exact result. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Decimal } from "#money/decimal.ts";
import { calculatePrice } from "./calculate-price.ts";
import { durations } from "./testing/published/durations.ts";
import { tiersAndPackages } from "./testing/published/tiers-and-packages.ts";
import { tokenPrices } from "./testing/published/token-prices.ts";

const examples = { ...tokenPrices, ...tiersAndPackages, ...durations };

for (const [source, cases] of Object.entries(examples)) {
  describe(source, () => {
    for (const [name, terms, usage, total] of cases) {
      test(`${name}: ${total}`, () => {
        const { total: exact, lines } = calculatePrice(terms, usage);
        assert.equal(exact.toString(), total);
        const sum = lines.reduce((so, { amount }) => so.add(amount), Decimal.zero);
        assert.equal(sum.toString(), total, "the lines add up to the total");
      });
    }
  });
}

test("all 57 published examples are here", () => {
  assert.equal(Object.values(examples).flat().length, 57);
});
