import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create, type DescMessage } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import { ChargeBatchRequestSchema, ChargeRequestSchema } from "#gen/billing/core/v1/charge_rpc_pb.ts";
import { Owner } from "#gen/billing/options/v1/options_pb.ts";
import { describeContract } from "../testing/describe-contract.ts";
import { findOwnerFields, readOwnerValues } from "./owner-fields.ts";

const account = { type: "string", owner: Owner.ACCOUNT };
const resource = { type: "string", owner: Owner.RESOURCE };

function pathsOf(message: DescMessage): string[] {
  return findOwnerFields(message).map(({ path }) => path.map(({ name }) => name).join("."));
}

describe("finding owner fields", () => {
  const { message } = describeContract({
    messages: {
      Line: { account_id: account, note: { type: "string" } },
      Page: { lines: { type: "Line", repeated: true }, page_id: resource },
      Book: { page: { type: "Page" }, other: { type: "Line" }, ids: { ...account, repeated: true } },
      Bare: { note: { type: "string" } },
    },
  });

  test("at any depth, once for each place", () => {
    assert.deepEqual(pathsOf(message("Line")), ["account_id"]);
    assert.deepEqual(pathsOf(message("Page")), ["lines.account_id", "page_id"]);
    assert.deepEqual(pathsOf(message("Book")), [
      "page.lines.account_id",
      "page.page_id",
      "other.account_id",
      "ids",
    ]);
    assert.deepEqual(pathsOf(message("Bare")), []);
  });

  test("a message that contains itself is fine as long as it marks nothing", () => {
    assert.deepEqual(pathsOf(ValueSchema), []);
  });

  const refused = {
    "a mark on a number": { Top: { account_id: { type: "uint64", owner: Owner.ACCOUNT } } },
    "a mark on a message": { Top: { line: { type: "Line", owner: Owner.ACCOUNT } }, Line: {} },
    "a mark in a message that contains itself": {
      Top: { account_id: account, child: { type: "Top" } },
    },
    "a mark beside a message that contains itself by way of another": {
      Top: { tree: { type: "Tree" } },
      Tree: { branches: { type: "Branch", repeated: true } },
      Branch: { tree: { type: "Tree" }, leaf: { type: "Leaf" } },
      Leaf: { account_id: account },
    },
  };
  for (const [name, messages] of Object.entries(refused)) {
    test(`${name} is refused`, () => {
      assert.throws(() => findOwnerFields(describeContract({ messages }).message("Top")), /marked as owner/);
    });
  }
});

describe("reading owner values", () => {
  const valuesOf = (schema: DescMessage, request: object) =>
    readOwnerValues(findOwnerFields(schema), request).map(({ value }) => value);
  const { message } = describeContract({
    messages: {
      Line: { account_id: account },
      Book: {
        line: { type: "Line" },
        lines: { type: "Line", repeated: true },
        ids: { ...account, repeated: true },
      },
    },
  });
  const book = (init: object) => create(message("Book"), init as never);

  const cases: Array<[name: string, init: object, values: string[]]> = [
    ["nothing set", {}, []],
    ["a nested field", { line: { accountId: "a" } }, ["a"]],
    ["every line", { lines: [{ accountId: "a" }, { accountId: "b" }] }, ["a", "b"]],
    ["every text of a list", { ids: ["a", "", "b"] }, ["a", "b"]],
    ["an empty text names nobody", { line: { accountId: "" }, lines: [{}] }, []],
    ["all places", { ids: ["c"], line: { accountId: "a" }, lines: [{ accountId: "b" }] }, ["a", "b", "c"]],
  ];
  for (const [name, init, values] of cases) {
    test(name, () => assert.deepEqual(valuesOf(message("Book"), book(init)), values));
  }

  test("in a oneof the chosen field counts, in a map every value", () => {
    const { message: contract } = describeContract({
      messages: {
        Line: { account_id: account },
        Top: {
          account_id: { ...account, oneof: "to" },
          name: { type: "string", oneof: "to" },
          lines: { type: "Line", map: true },
        },
      },
    });
    const schema = contract("Top");
    const top = (init: object) => create(schema, init as never);
    const lines = { x: { accountId: "b" }, y: { accountId: "c" } };
    assert.deepEqual(valuesOf(schema, top({})), []);
    assert.deepEqual(valuesOf(schema, top({ to: { case: "accountId", value: "a" }, lines })), [
      "a",
      "b",
      "c",
    ]);
    assert.deepEqual(valuesOf(schema, top({ to: { case: "name", value: "a" }, lines })), ["b", "c"]);
  });

  test("the real contract: a batch names the account of every line", () => {
    const line = (accountId: string) => create(ChargeRequestSchema, { accountId });
    const request = create(ChargeBatchRequestSchema, { charges: [line("a"), line("b")] });
    assert.deepEqual(valuesOf(ChargeBatchRequestSchema, request), ["a", "b"]);
  });
});
