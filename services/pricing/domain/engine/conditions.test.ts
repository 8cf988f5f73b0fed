import assert from "node:assert/strict";
import { test } from "node:test";
import { usageOf } from "../../testing/terms.ts";
import type { AttributeMatch, Condition } from "../price-terms.ts";
import { compileConditions, describeConditions } from "./conditions.ts";

const tier = (match: AttributeMatch, ...values: string[]): Condition => ({
  kind: "attribute",
  attribute: "service_tier",
  match,
  values,
});
const range = (above: string | undefined, upTo: string | undefined): Condition => ({
  kind: "quantity",
  meter: "input_tokens",
  ...(above === undefined ? {} : { above }),
  ...(upTo === undefined ? {} : { upTo }),
});

const attributeCases: readonly [condition: Condition, tier: string | undefined, holds: boolean][] = [
  [tier("any_of", "batch", "flex"), "flex", true],
  [tier("any_of", "batch"), "Batch", false],
  [tier("any_of", "batch"), undefined, false],
  [tier("none_of", "batch"), "flex", true],
  [tier("none_of", "batch"), undefined, true],
  [tier("none_of", "batch"), "batch", false],
  [tier("present"), "", true],
  [tier("present"), undefined, false],
  [tier("absent"), undefined, true],
  [tier("absent"), "batch", false],
];
for (const [condition, value, holds] of attributeCases) {
  const words = describeConditions([condition], (meter) => meter);
  test(`"${words}" ${holds ? "holds" : "does not hold"} for the tier ${value}`, () => {
    const attributes = new Map(value === undefined ? [] : [["service_tier", value]]);
    assert.equal(compileConditions([condition])(usageOf({}, { attributes })), holds);
  });
}

const quantityCases: readonly [condition: Condition, inputTokens: string | undefined, holds: boolean][] = [
  [range("200000", undefined), "200000", false],
  [range("200000", undefined), "200000.000000000000000001", true],
  [range(undefined, "200000"), "200000", true],
  [range(undefined, "200000"), "200000.5", false],
  [range("10", "20"), "15", true],
  [range("0", undefined), undefined, false],
  [range(undefined, "0"), undefined, true],
];
for (const [condition, inputTokens, holds] of quantityCases) {
  const words = describeConditions([condition], (meter) => meter);
  test(`"${words}" ${holds ? "holds" : "does not hold"} for ${inputTokens ?? "no"} input tokens`, () => {
    const usage = usageOf(inputTokens === undefined ? {} : { input_tokens: inputTokens });
    assert.equal(compileConditions([condition])(usage), holds);
  });
}

test("all must hold, and all are said", () => {
  const conditions = [tier("any_of", "batch"), range("1000", undefined)];
  const attributes = new Map([["service_tier", "batch"]]);
  assert.equal(compileConditions(conditions)(usageOf({ input_tokens: 1001 }, { attributes })), true);
  assert.equal(compileConditions(conditions)(usageOf({ input_tokens: 1000 }, { attributes })), false);
  assert.equal(compileConditions(conditions)(usageOf({ input_tokens: 1001 })), false);
  assert.equal(
    describeConditions(conditions, () => "input tokens"),
    "service tier batch, above 1,000 input tokens",
  );
});
