import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { Owner, Ownership } from "#gen/billing/options/v1/options_pb.ts";
import { ServiceError } from "../errors/service-error.ts";
import { describeContract } from "../testing/describe-contract.ts";
import type { Caller } from "./caller.ts";
import { methodRule } from "./method-rule.ts";
import { authorise, type ResourceOwners, resourceFieldNames } from "./ownership.ts";

const contract = describeContract({
  messages: {
    Request: {
      account_id: { type: "string", owner: Owner.ACCOUNT },
      other_account_ids: { type: "string", repeated: true, owner: Owner.ACCOUNT },
      hold_id: { type: "string", owner: Owner.RESOURCE },
    },
  },
  methods: {
    Own: { input: "Request", rule: { scope: "s", ownership: Ownership.FIELD } },
    Whole: { input: "Request", rule: { scope: "s", ownership: Ownership.OPERATOR } },
    Shared: { input: "Request", rule: { scope: "s", ownership: Ownership.SHARED } },
  },
});
const ruleOf = (name: "own" | "whole" | "shared") =>
  methodRule(contract.service.method[name] ?? assert.fail());

const owners: ResourceOwners = {
  holdId: {
    accountOf: async (id) => (id === "nowhere" ? undefined : id.split("/")[0]),
    notFound: (id) => new ServiceError("HOLD_NOT_FOUND", `no hold ${id}`),
  },
};

function callerOf(account: string | undefined): Caller {
  return { subject: "key:1", scopes: new Set(["s"]), account, tokenId: undefined };
}

const cases: Array<{
  name: string;
  account: string | undefined;
  method?: "own" | "whole" | "shared";
  request: object;
  refusal?: string;
}> = [
  { name: "its own account", account: "bob", request: { accountId: "bob" } },
  { name: "its own resource", account: "bob", request: { holdId: "bob/1" } },
  { name: "nobody's account", account: "bob", request: {}, refusal: "ACCOUNT_NOT_PERMITTED" },
  { name: "another account", account: "bob", request: { accountId: "al" }, refusal: "ACCOUNT_NOT_PERMITTED" },
  {
    name: "an account that differs in case",
    account: "bob",
    request: { accountId: "Bob" },
    refusal: "ACCOUNT_NOT_PERMITTED",
  },
  {
    name: "another account among its own",
    account: "bob",
    request: { accountId: "bob", otherAccountIds: ["bob", "al"] },
    refusal: "ACCOUNT_NOT_PERMITTED",
  },
  { name: "another one's resource", account: "bob", request: { holdId: "al/1" }, refusal: "HOLD_NOT_FOUND" },
  { name: "no such resource", account: "bob", request: { holdId: "nowhere" }, refusal: "HOLD_NOT_FOUND" },
  {
    name: "its own account with another one's resource",
    account: "bob",
    request: { accountId: "bob", holdId: "al/1" },
    refusal: "HOLD_NOT_FOUND",
  },
  {
    name: "the whole system",
    account: "bob",
    method: "whole",
    request: { accountId: "bob" },
    refusal: "ACCOUNT_NOT_PERMITTED",
  },
  { name: "what belongs to no account", account: "bob", method: "shared", request: {} },
  { name: "any account, without being bound to one", account: undefined, request: { accountId: "al" } },
  { name: "the whole system, without being bound", account: undefined, method: "whole", request: {} },
];

describe("a token acts on", () => {
  for (const { name, account, method = "own", request, refusal } of cases) {
    test(`${name}: ${refusal ?? "allowed"}`, async () => {
      const message = create(contract.message("Request"), request as never);
      const authorised = authorise(ruleOf(method), callerOf(account), message, owners);
      if (refusal === undefined) await authorised;
      else await assert.rejects(async () => authorised, { reason: refusal });
    });
  }
});

test("a resource that nobody can find the owner of is a fault, not a permission", async () => {
  const message = create(contract.message("Request"), { holdId: "bob/1" } as never);
  await assert.rejects(
    async () => authorise(ruleOf("own"), callerOf("bob"), message, {}),
    /no way to find the owner/,
  );
});

test("the resource fields of several rules, each once", () => {
  assert.deepEqual(resourceFieldNames([ruleOf("own"), ruleOf("whole")]), ["holdId"]);
});
