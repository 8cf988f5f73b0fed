import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create, type DescMessage, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { BalanceSchema } from "#gen/billing/core/v1/balance_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ChargeResponseSchema } from "#gen/billing/core/v1/charge_rpc_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { compileWriter } from "./message-writer.ts";
import { arbitraryMessage } from "./testing/arbitrary-message.ts";

const unaryAnswers = [BillingCoreService, PricingService, ExchangeRateService].flatMap(({ methods }) =>
  methods.filter(({ methodKind }) => methodKind === "unary").map(({ output }) => output),
);
/** Some of the management calls answer with lists of numbers, which are left to the library. */
const answers = new Set<DescMessage>(unaryAnswers.filter((schema) => compileWriter(schema) !== undefined));

test("the answers of the calls that move money are compiled", () => {
  const hot = [
    ...[BillingCoreService.method.charge, BillingCoreService.method.chargeBatch],
    ...[
      BillingCoreService.method.reserve,
      BillingCoreService.method.commit,
      BillingCoreService.method.release,
    ],
    ...[PricingService.method.calculatePrices, ExchangeRateService.method.convertBatch],
  ];
  for (const { output } of hot) assert.ok(answers.has(output), output.typeName);
});

describe("a compiled writer gives the library's bytes for", () => {
  for (const schema of answers)
    test(schema.typeName, () => {
      const write = compileWriter(schema)!;
      fc.assert(
        fc.property(arbitraryMessage(schema), (message) => {
          assert.deepEqual(Buffer.from(write(message)!), Buffer.from(toBinary(schema, message)));
        }),
        { numRuns: 15 },
      );
    });
});

test("a message that stands twice in an answer is written twice", () => {
  const write = compileWriter(ChargeResponseSchema)!;
  const balanceOf = (accountId: string) => create(BalanceSchema, { accountId, sequence: 7n });
  const shared = balanceOf("both");
  for (const [balance, balanceAfter] of [
    [shared, shared],
    [shared, balanceOf("other")],
    [balanceOf("x".repeat(9_000)), shared],
  ] as const) {
    const answer = create(ChargeResponseSchema, { balance, transaction: { balanceAfter } });
    assert.deepEqual(Buffer.from(write(answer)!), Buffer.from(toBinary(ChargeResponseSchema, answer)));
  }
});

test("what is odd about a message is left to the library, and the next message is written", () => {
  const write = compileWriter(BalanceSchema)!;
  const good = create(BalanceSchema, { accountId: "a" });
  const unknown = { no: 1_000, wireType: 0, data: new Uint8Array([1]) };
  const odd: Record<string, unknown>[] = [
    { accountId: 7 },
    { accountId: null },
    { sequence: 7 },
    { sequence: "7" },
    { sequence: 2n ** 64n },
    { sequence: -1n },
    { grants: undefined },
    { $typeName: "another" },
    { $unknown: [unknown] },
  ];
  for (const fields of odd) {
    assert.equal(write({ ...good, ...fields } as never), undefined, Object.keys(fields).join());
    assert.deepEqual(Buffer.from(write(good)!), Buffer.from(toBinary(BalanceSchema, good)));
  }
});
