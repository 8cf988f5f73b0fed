import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Decimal } from "#money/decimal.ts";
import { component, perUnit, termsOf, usageOf } from "../../testing/terms.ts";
import { calculatePrice } from "./calculate-price.ts";
import { flat, million, tokens } from "./testing/token-terms.ts";

describe("properties", () => {
  const rate = fc.stringMatching(/^(0|[1-9][0-9]{0,5})[.][0-9]{1,18}$/);
  const count = fc.nat({ max: 400_000 });
  /** Parts that never exceed their whole. */
  const tokenUsage = fc
    .record({ plain: count, cached: count, created: count, hour: count, answer: count, thought: count })
    .map(({ plain, cached, created, hour, answer, thought }) => ({
      input_tokens: plain + cached + created + hour,
      cached_input_tokens: cached,
      cache_creation_input_tokens: created + hour,
      cache_creation_1h_input_tokens: hour,
      output_tokens: answer + thought,
      reasoning_output_tokens: thought,
    }));
  const rates = fc.record({
    input_tokens: fc.record({ standard: rate, above_272k: rate }),
    output_tokens: fc.record({ standard: rate, above_272k: rate }),
    cached_input_tokens: fc.record({ standard: rate }),
    cache_creation_1h_input_tokens: fc.record({ standard: rate }),
    reasoning_output_tokens: fc.record({ standard: rate }),
  });

  test("the lines add up to the total, and each is its quantity × price ÷ per", () => {
    fc.assert(
      fc.property(rates, tokenUsage, (byMeter, quantities) => {
        const { total, lines } = calculatePrice(tokens(byMeter), usageOf(quantities));
        const sum = lines.reduce((so, { amount }) => so.add(amount), Decimal.zero);
        assert.ok(sum.equals(total));
        for (const { quantity, unitPrice, per, amount } of lines) {
          assert.ok(unitPrice && amount.multiply(per).equals(quantity.multiply(unitPrice)));
        }
      }),
    );
  });

  test("each unit is in exactly one line", () => {
    fc.assert(
      fc.property(rates, tokenUsage, (byMeter, quantities) => {
        const { lines } = calculatePrice(tokens(byMeter), usageOf(quantities));
        const billed = lines.reduce((so, { quantity }) => so.add(quantity), Decimal.zero);
        assert.equal(billed.toString(), String(quantities.input_tokens + quantities.output_tokens));
      }),
    );
  });

  test("the same usage in other units costs the same", () => {
    fc.assert(
      fc.property(
        rate,
        fc.bigInt({ min: 0n, max: 10n ** 12n }),
        fc.nat({ max: 6 }),
        (price, units, shift) => {
          const priced = (quantity: Decimal, per: Decimal) => {
            const terms = termsOf([component("units", [perUnit(price, { per: per.toString() })])]);
            return calculatePrice(terms, usageOf({ units: quantity.toString() })).total;
          };
          const whole = priced(Decimal.ofUnits(units, 0), million);
          const scaled = priced(Decimal.ofUnits(units, shift), Decimal.ofUnits(1_000_000n, shift));
          assert.ok(whole.equals(scaled));
        },
      ),
    );
  });

  test("no digit is lost: 18 after the point of the price, 12 of the quantity, per a million", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 10n ** 24n }),
        fc.bigInt({ min: 1n, max: 10n ** 20n }),
        (price, quantity) => {
          const terms = termsOf([
            component("units", [perUnit(Decimal.ofUnits(price, 18).toString(), { per: "1000000" })]),
          ]);
          const { total } = calculatePrice(
            terms,
            usageOf({ units: Decimal.ofUnits(quantity, 12).toString() }),
          );
          assert.equal(total.toUnits(36, "down"), price * quantity);
          assert.ok(total.equals(Decimal.ofUnits(price * quantity, 36)));
        },
      ),
    );
  });

  test("more of anything never costs less below the threshold", () => {
    fc.assert(
      fc.property(
        rate,
        rate,
        fc.nat({ max: 100_000 }),
        fc.nat({ max: 100_000 }),
        (input, output, some, more) => {
          const terms = flat({ input_tokens: input, output_tokens: output });
          const less = calculatePrice(terms, usageOf({ input_tokens: some, output_tokens: some })).total;
          const bigger = calculatePrice(
            terms,
            usageOf({ input_tokens: some + more, output_tokens: some + more }),
          ).total;
          assert.ok(less.compare(bigger) <= 0);
        },
      ),
    );
  });
});
