import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import {
  type ChargeBatchRequest,
  ChargeBatchRequestSchema,
  type ChargeRequest,
  ChargeRequestSchema,
} from "../gen/billing/core/v1/charge_rpc_pb.ts";
import { newIdempotencyKey, withIdempotencyKeys } from "./idempotency-key.ts";
import { isSafeToRepeat } from "./method.ts";
import { services } from "./services.ts";

test("an empty key is filled, a given one kept, and the caller's message left as it was", () => {
  const empty = create(ChargeRequestSchema, { accountId: "acme" });
  const filled = withIdempotencyKeys(ChargeRequestSchema, empty) as ChargeRequest;
  assert.match(filled.idempotencyKey, /^[0-9a-f]{32}$/);
  assert.equal(empty.idempotencyKey, "");
  const given = withIdempotencyKeys(ChargeRequestSchema, { idempotencyKey: "mine" }) as ChargeRequest;
  assert.equal(given.idempotencyKey, "mine");
});

test("each line of a batch has a key of its own", () => {
  const charges = [{ idempotencyKey: "" }, { idempotencyKey: "mine" }, {}];
  const batch = withIdempotencyKeys(ChargeBatchRequestSchema, { charges }) as ChargeBatchRequest;
  const keys = batch.charges.map(({ idempotencyKey }) => idempotencyKey);
  assert.equal(keys[1], "mine");
  assert.equal(new Set(keys).size, 3);
  assert.ok(!keys.includes(""));
});

test("keys do not repeat", () => {
  assert.equal(new Set(Array.from({ length: 1_000 }, newIdempotencyKey)).size, 1_000);
});

test("every method that moves money is safe to repeat", () => {
  const money =
    /^(Credit|AdjustBalance|Refund|ReverseCredit|Charge|ChargeBatch|Reserve|ExtendReservation|Commit|Release)$/;
  const moving = services.core.service.methods.filter(({ name }) => money.test(name));
  assert.equal(moving.length, 10);
  for (const method of moving) assert.ok(isSafeToRepeat(method), method.name);
  const update = services.core.service.methods.find(({ name }) => name === "UpdateAccount");
  assert.equal(update && isSafeToRepeat(update), false);
});
