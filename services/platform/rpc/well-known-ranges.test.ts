import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { ChargeBatchRequestSchema } from "#gen/billing/core/v1/charge_rpc_pb.ts";
import { ReserveRequestSchema } from "#gen/billing/core/v1/reservation_rpc_pb.ts";
import { timesOutOfRange } from "./well-known-ranges.ts";

function fieldsAtFault<D extends DescMessage>(schema: D, init: MessageInitShape<D>): string[] {
  return timesOutOfRange(schema, create(schema, init)).map(({ field }) => field);
}

const usageAt = (seconds: bigint, nanos = 0) => ({
  case: "usage" as const,
  value: { usages: [{}, { at: { seconds, nanos } }] },
});

const cases: ReadonlyArray<readonly [what: string, seconds: bigint, nanos: number, inRange: boolean]> = [
  ["the epoch", 0n, 0, true],
  ["the first moment", -62_135_596_800n, 0, true],
  ["before the first moment", -62_135_596_801n, 0, false],
  ["the last moment", 253_402_300_799n, 999_999_999, true],
  ["after the last moment", 253_402_300_800n, 0, false],
  ["negative nanoseconds", 1n, -1, false],
  ["a whole second of nanoseconds", 1n, 1_000_000_000, false],
];
for (const [what, seconds, nanos, inRange] of cases) {
  test(`${what} is ${inRange ? "a time" : "no time"}, wherever it stands`, () => {
    assert.deepEqual(
      fieldsAtFault(ReserveRequestSchema, { price: usageAt(seconds, nanos) }),
      inRange ? [] : ["usage.usages[1].at"],
    );
    const charges = [{}, { price: usageAt(seconds, nanos) }];
    assert.deepEqual(
      fieldsAtFault(ChargeBatchRequestSchema, { charges }),
      inRange ? [] : ["charges[1].usage.usages[1].at"],
    );
  });
}

test("a duration whose parts have different signs, or that is too long, is none", () => {
  assert.deepEqual(fieldsAtFault(ReserveRequestSchema, { holdTtl: { seconds: 1n, nanos: -1 } }), [
    "hold_ttl",
  ]);
  assert.deepEqual(fieldsAtFault(ReserveRequestSchema, { holdTtl: { seconds: 315_576_000_001n } }), [
    "hold_ttl",
  ]);
  assert.deepEqual(fieldsAtFault(ReserveRequestSchema, { holdTtl: { seconds: 60n, nanos: 1 } }), []);
});
