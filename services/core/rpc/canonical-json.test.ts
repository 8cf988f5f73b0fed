import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create, type DescMessage, type JsonObject, type JsonValue, toJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { ChargeRequestSchema } from "#gen/billing/core/v1/charge_rpc_pb.ts";
import {
  CreditRequestSchema,
  RefundRequestSchema,
  ReverseCreditRequestSchema,
} from "#gen/billing/core/v1/funding_rpc_pb.ts";
import {
  CommitRequestSchema,
  ExtendReservationRequestSchema,
  ReleaseRequestSchema,
  ReserveRequestSchema,
} from "#gen/billing/core/v1/reservation_rpc_pb.ts";
import { Decimal } from "#money/decimal.ts";
import { arbitraryMessage } from "#platform/rpc/fast/testing/arbitrary-message.ts";
import { compileCanonicalJson } from "./canonical-json.ts";

const decimalFields = new Set(["amount", "priorBilled", "quantities", "priorQuantities"]);

/** The form by its definition: what records of earlier releases were made from, so it must stay. */
function canonical(value: JsonValue, isDecimal: boolean): JsonValue {
  if (Array.isArray(value)) return value.map((item) => canonical(item, isDecimal));
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
    return Object.fromEntries(
      entries.map(([name, item]) => [name, canonical(item, isDecimal || decimalFields.has(name))]),
    );
  }
  if (!isDecimal || typeof value !== "string" || !/^-?[0-9]+([.][0-9]+)?$/.test(value) || value.length > 30)
    return value;
  return Decimal.parse(value).toString();
}

const schemas: readonly DescMessage[] = [
  ...[ChargeRequestSchema, ReserveRequestSchema, CommitRequestSchema, ReleaseRequestSchema],
  ...[ExtendReservationRequestSchema, CreditRequestSchema],
  ...[RefundRequestSchema, ReverseCreditRequestSchema],
];

describe("the compiled canonical JSON is the one by definition for", () => {
  for (const schema of schemas)
    test(schema.typeName, () => {
      const write = compileCanonicalJson(schema, "idempotencyKey");
      fc.assert(
        fc.property(arbitraryMessage(schema), (message) => {
          const { idempotencyKey: _, ...content } = toJson(schema, message) as JsonObject;
          assert.equal(write(message), JSON.stringify(canonical(content, false)));
        }),
        { numRuns: 60 },
      );
    });
});

const charge = (amount: string, quoteId = "") =>
  create(ChargeRequestSchema, {
    accountId: "a",
    price: { case: "amount", value: { money: { currencyCode: "USD", amount }, quoteId } },
    idempotencyKey: "left out",
  });

test("equal decimals are written alike, and texts that only begin like one stay as they are", () => {
  const write = compileCanonicalJson(ChargeRequestSchema, "idempotencyKey");
  const expected = (amount: string) =>
    `{"accountId":"a","amount":{"money":{"amount":"${amount}","currencyCode":"USD"}}}`;
  for (const [sent, written] of [
    ["1.50", "1.5"],
    ["001.5", "1.5"],
    ["0.0", "0"],
    ["-0", "0"],
    ["100", "100"],
    ["0.000000000000000001", "0.000000000000000001"],
  ] as const)
    assert.equal(write(charge(sent)), expected(written));
  assert.match(write(charge("1", "7th quote")), /"quoteId":"7th quote"/);
});

test("a zero that was sent differs from none where the contract tells them apart", () => {
  const write = compileCanonicalJson(CreditRequestSchema, "idempotencyKey");
  assert.equal(write(create(CreditRequestSchema, {})), "{}");
  assert.equal(write(create(CreditRequestSchema, { priority: 0 })), '{"priority":0}');
});
