import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { Health } from "#gen/grpc/health/v1/health_pb.ts";
import { CommonError } from "../errors/common-error.ts";
import { anonymousCaller } from "./caller.ts";
import { createGate } from "./gate.ts";
import { methodRule, openMethodRule } from "./method-rule.ts";
import type { TokenVerifier } from "./token-verifier.ts";

const caller = { subject: "key:1", scopes: new Set(["core.read"]), account: undefined, tokenId: "t-1" };
const verify: TokenVerifier = async (token) => {
  if (token !== "good") throw new CommonError("TOKEN_INVALID", "no");
  return { caller, expiresAtMs: Number.MAX_SAFE_INTEGER };
};
const withHeader = (authorization: string | null | undefined) => ({
  header: (name: string) => (name === "authorization" ? authorization : undefined),
  requestId: "r-1",
  address: "",
});
const read = methodRule(BillingCoreService.method.getBalance);
const charge = methodRule(BillingCoreService.method.charge);

describe("the gate", () => {
  const gate = createGate(verify, undefined);

  for (const authorization of ["Bearer good", "bearer good", "BEARER good"]) {
    test(`lets in ${authorization}`, async () =>
      assert.equal(await gate(read, withHeader(authorization)), caller));
  }

  const refused: Array<[authorization: string | null | undefined, reason: string]> = [
    [undefined, "TOKEN_MISSING"],
    [null, "TOKEN_MISSING"],
    ["", "TOKEN_MISSING"],
    ["good", "TOKEN_MISSING"],
    ["Bearer", "TOKEN_MISSING"],
    ["Bearer ", "TOKEN_MISSING"],
    ["Basic good", "TOKEN_MISSING"],
    ["Bearer bad", "TOKEN_INVALID"],
    ["Bearer good, Bearer bad", "TOKEN_INVALID"],
    ["Bearer good bad", "TOKEN_INVALID"],
  ];
  for (const [authorization, reason] of refused) {
    test(`${JSON.stringify(authorization)} is ${reason}`, async () => {
      await assert.rejects(async () => gate(read, withHeader(authorization)), { reason });
    });
  }

  test("a good token lets in none of the calls after it that bring another or none", async () => {
    for (const [authorization, reason] of refused) {
      assert.equal(await gate(read, withHeader("Bearer good")), caller);
      await assert.rejects(async () => gate(read, withHeader(authorization)), { reason });
    }
  });

  test("a missing scope is named", async () => {
    await assert.rejects(async () => gate(charge, withHeader("Bearer good")), {
      reason: "SCOPE_MISSING",
      metadata: { scope: "core.charge" },
    });
  });

  test("an open method asks nobody", async () => {
    assert.equal(await gate(openMethodRule(Health.method.check), withHeader(undefined)), anonymousCaller);
  });

  test("the deny-list is asked before the scope, and its refusal counts", async () => {
    const asked: unknown[] = [];
    const denying = createGate(verify, {
      check: async (tokenId) => {
        asked.push(tokenId);
        throw new CommonError("TOKEN_REVOKED", "no");
      },
      revoke: async () => ({ revokedBefore: false, untilMs: 0 }),
    });
    await assert.rejects(async () => denying(charge, withHeader("Bearer good")), { reason: "TOKEN_REVOKED" });
    assert.deepEqual(asked, ["t-1"]);
  });
});
