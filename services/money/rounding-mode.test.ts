import assert from "node:assert/strict";
import { test } from "node:test";
import { RoundingModeSchema, RoundingMode as WireMode } from "#gen/billing/type/v1/money_pb.ts";
import { roundingModes } from "./rounding.ts";
import { fromWireRoundingMode, toWireRoundingMode } from "./rounding-mode.ts";

test("every mode has one name in the contract and comes back from it", () => {
  assert.equal(RoundingModeSchema.values.length, roundingModes.length + 1);
  for (const mode of roundingModes) assert.equal(fromWireRoundingMode(toWireRoundingMode(mode), "up"), mode);
});

test("the names mean the same on both sides", () => {
  for (const mode of roundingModes)
    assert.equal(WireMode[mode.toUpperCase().replace("-", "_") as "UP"], toWireRoundingMode(mode));
});

test("unspecified is the call's default", () => {
  assert.equal(fromWireRoundingMode(WireMode.UNSPECIFIED, "half-even"), "half-even");
});
