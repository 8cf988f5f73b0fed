import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ChargeRequestSchema } from "#gen/billing/core/v1/charge_rpc_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { compileReader } from "./message-reader.ts";
import { arbitraryMessage } from "./testing/arbitrary-message.ts";

const services = [BillingCoreService, PricingService, ExchangeRateService, MonitoringService, AdminService];
const requests = new Set<DescMessage>(services.flatMap(({ methods }) => methods.map(({ input }) => input)));
/** Some of the management calls have lists of numbers or a type within itself, which are left to the library. */
const compiled = new Map(
  [...requests].flatMap((schema) => {
    const read = compileReader(schema);
    return read === undefined ? [] : [[schema, read] as const];
  }),
);

test("the requests of the calls that move money are compiled, and most others", () => {
  const { charge, chargeBatch, reserve, extendReservation, commit, release, credit, getBalance } =
    BillingCoreService.method;
  const hot = [charge, chargeBatch, reserve, extendReservation, commit, release, credit, getBalance];
  const asked = [PricingService.method.calculatePrices, ExchangeRateService.method.convertBatch];
  for (const { input } of [...hot, ...asked]) assert.ok(compiled.has(input), input.typeName);
  assert.ok(compiled.size > 0.8 * requests.size, `${compiled.size} of ${requests.size}`);
});

/** The bytes with some of them changed, left out, or repeated. */
function damaged(bytes: Uint8Array, change: readonly [number, number, number]): Uint8Array {
  const [place, length, value] = change;
  const at = bytes.length === 0 ? 0 : place % bytes.length;
  const part = bytes.subarray(at, at + length);
  const kinds = [
    [bytes.subarray(0, at), Uint8Array.of(value), bytes.subarray(at + 1)],
    [bytes.subarray(0, at), bytes.subarray(at + length)],
    [bytes.subarray(0, at), part, bytes.subarray(at)],
    [bytes, bytes.subarray(at)],
    [bytes, bytes],
  ];
  return Buffer.concat(kinds[value % kinds.length]!);
}

const changes = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 9 }), fc.nat({ max: 255 })), { maxLength: 2 });

/** Whether there is something in a message that is left to the library although its writer wrote it. */
function isOdd(value: unknown): boolean {
  if (typeof value === "bigint") return value < 0n || value >= 2n ** 49n;
  if (typeof value === "number") return value < 0;
  if (typeof value === "string") return value.includes("\ufffd");
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, each]) => key === "__proto__" || isOdd(key) || isOdd(each));
}

describe("a compiled reader reads what the library reads, and leaves to it only what is odd:", () => {
  for (const [schema, read] of compiled)
    test(schema.typeName, () => {
      assert.deepEqual(read(Buffer.alloc(0)), create(schema));
      fc.assert(
        fc.property(arbitraryMessage(schema), changes, (message, made) => {
          const whole = toBinary(schema, message);
          const expected = fromBinary(schema, whole);
          const ofWhole = read(Buffer.from(whole));
          if (ofWhole === undefined) assert.ok(isOdd(expected));
          else assert.deepEqual(ofWhole, expected);
          const bytes = made.reduce(damaged, whole);
          const own = read(Buffer.from(bytes));
          if (own !== undefined) assert.deepEqual(own, fromBinary(schema, bytes));
        }),
        { numRuns: 40 },
      );
    });
});

test("a plain charge is read, and what is odd about its bytes is left to the library", () => {
  const read = compiled.get(ChargeRequestSchema)!;
  const charge = create(ChargeRequestSchema, {
    accountId: "a",
    price: { case: "amount", value: { money: { currencyCode: "USD", amount: "1.50" } } },
    idempotencyKey: "k",
    description: "für",
    metadata: { model: "x", "": "" },
  });
  const bytes = Buffer.from(toBinary(ChargeRequestSchema, charge));
  assert.deepEqual(read(bytes), charge);
  assert.deepEqual(read(Buffer.alloc(0)), create(ChargeRequestSchema));
  const price = toBinary(ChargeRequestSchema, create(ChargeRequestSchema, { price: charge.price }));
  const odd = [
    Buffer.concat([bytes, price]),
    Buffer.concat([bytes, Buffer.of(0xf8, 0x7f, 1)]),
    bytes.subarray(0, -1),
    Buffer.of(10, 2, 0xc3, 0x28),
    Buffer.of(10, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0),
  ];
  for (const each of odd) assert.equal(read(each), undefined, each.toString("hex"));
  assert.deepEqual(read(bytes), charge);
});
