import assert from "node:assert/strict";
import { test } from "node:test";
import { termsOfTokenRates, variantIdOf } from "./token-rates.ts";

const million = "1000000";

test("variants are asked in order: greater threshold, then tier, standard last", () => {
  const standardFirst = {
    standard: "1",
    batch: "0.5",
    above_128k: "2",
    above_1000k: "3",
    above_128k_batch: "1.5",
  };
  const { components } = termsOfTokenRates("USD", million, { input_tokens: standardFirst });
  assert.deepEqual(
    components[0]?.variants.map(({ variantId }) => variantId),
    ["above_1000k", "above_128k_batch", "above_128k", "batch", "standard"],
  );
});

test("a variant's id is the one that it is read by", () => {
  for (const aboveTokens of [undefined, 128_000]) {
    for (const serviceTier of [undefined, "batch", "flex", "priority"] as const) {
      const variantId = variantIdOf({ aboveTokens, serviceTier });
      const rates = { input_tokens: { standard: "1", [variantId]: "2" } };
      const [first] = termsOfTokenRates("USD", million, rates).components[0]?.variants ?? [];
      assert.equal(first?.variantId, variantId);
      assert.equal(
        first?.conditions.length,
        (aboveTokens === undefined ? 0 : 1) + (serviceTier === undefined ? 0 : 1),
      );
    }
  }
});

const malformed: readonly [name: string, rates: Record<string, Record<string, string>>, says: RegExp][] = [
  ["an unknown meter", { output_minutes: { standard: "1" } }, /no token meter: output_minutes/],
  ["no rate at all", {}, /no rates/],
  ["no standard rate", { input_tokens: { batch: "1" } }, /no standard rate/],
  ["an unknown variant", { input_tokens: { standard: "1", express: "2" } }, /no variant of a rate: express/],
  ["a variant glued together", { input_tokens: { standard: "1", above_1kbatch: "2" } }, /above_1kbatch/],
  ["a rate that is no decimal", { input_tokens: { standard: "1e-6" } }, /exponent/],
];
for (const [name, rates, says] of malformed) {
  test(`${name} is refused`, () => {
    assert.throws(() => termsOfTokenRates("USD", million, rates), { message: says });
  });
}
