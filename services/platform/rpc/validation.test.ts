import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { GetBalanceRequestSchema } from "#gen/billing/core/v1/balance_rpc_pb.ts";
import { ChargeBatchRequestSchema, ChargeRequestSchema } from "#gen/billing/core/v1/charge_rpc_pb.ts";
import { ServiceError } from "../errors/service-error.ts";
import { createRequestValidator } from "./validation.ts";

const validate = createRequestValidator();

function violationsOf<S extends DescMessage>(schema: S, init: MessageInitShape<S>) {
  try {
    validate(schema, create(schema, init));
  } catch (error) {
    assert.ok(error instanceof ServiceError, String(error));
    assert.equal(error.reason, "REQUEST_INVALID");
    const [first] = error.fields;
    assert.equal(error.message, `${first?.field}: ${first?.description}`);
    return error.fields;
  }
  return [];
}

const amount = (text: string) => ({
  case: "amount" as const,
  value: { money: { currencyCode: "USD", amount: text } },
});
const usage = (quantities: Record<string, string>) => ({
  case: "usage" as const,
  value: { usages: [{ priceId: "p", quantities }] },
});
const charge = { accountId: "alice", idempotencyKey: "k", price: amount("1.5") };

describe("validation", () => {
  test("a good request passes", () => {
    assert.deepEqual(violationsOf(ChargeRequestSchema, charge), []);
    assert.deepEqual(violationsOf(ChargeBatchRequestSchema, { charges: [charge] }), []);
  });

  const fields: Array<
    [name: string, init: MessageInitShape<typeof ChargeBatchRequestSchema>, paths: string[]]
  > = [
    ["a list that must not be empty", {}, ["charges"]],
    ["a field of a line", { charges: [charge, { ...charge, accountId: "" }] }, ["charges[1].account_id"]],
    [
      "a nested field in a oneof",
      { charges: [{ ...charge, price: amount("1e5") }] },
      ["charges[0].amount.money.amount"],
    ],
    [
      "a value of a map",
      { charges: [{ ...charge, price: usage({ tokens: "-1" }) }] },
      ['charges[0].usage.usages[0].quantities["tokens"]'],
    ],
    [
      "a key of a map, quoted",
      { charges: [{ ...charge, price: usage({ 'a "key"': "1" }) }] },
      ['charges[0].usage.usages[0].quantities["a \\"key\\""]'],
    ],
    [
      "a oneof that needs a choice",
      { charges: [{ ...charge, price: { case: undefined } }] },
      ["charges[0].price"],
    ],
    [
      "several at once",
      { charges: [{ ...charge, accountId: "a b", idempotencyKey: "" }] },
      ["charges[0].account_id", "charges[0].idempotency_key"],
    ],
  ];
  for (const [name, init, paths] of fields) {
    test(`names ${name} as the proto does`, () => {
      assert.deepEqual(
        violationsOf(ChargeBatchRequestSchema, init).map(({ field }) => field),
        paths,
      );
    });
  }

  test("says in words what is wrong, without the pattern", () => {
    const [violation] = violationsOf(GetBalanceRequestSchema, { accountId: "no spaces" });
    assert.match(violation?.description ?? "", /letters, digits/);
    assert.ok(!violation?.description.includes("[A-Z"));
  });

  test("names twenty fields at most", () => {
    const charges = Array.from({ length: 60 }, () => ({ ...charge, accountId: "a b" }));
    const violations = violationsOf(ChargeBatchRequestSchema, { charges });
    assert.equal(violations.length, 20);
    assert.equal(violations.at(-1)?.field, "charges[19].account_id");
  });
});
