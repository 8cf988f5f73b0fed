import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DescService } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { accountScopes } from "../../domain/access/grantable-scopes.ts";
import { peerServices } from "../../peers/service-operations.ts";
import { auditOf, calls, coreOf, door, type Page, pageTransport, refusal, signIn } from "../relayed-pages.ts";

/** Signs in as the customer of an account, by a link. */
async function signInAsCustomer(
  accountId: string,
  scopes: readonly string[] = ["core.read"],
): Promise<Page & { tokenId: string }> {
  const asked = {
    subject: "customer",
    scopes,
    accountId,
    ttlSeconds: 3_600,
    reason: "-",
    asLink: true,
  };
  const { link, tokenId } = await door.operations.tokens.issue(asked, {
    actor: { type: "system", subject: "test", keyId: "", tokenId: "" },
    action: "test",
    requestId: "test",
    address: "",
    scopes: accountScopes,
  });
  const secret = link?.url.split("#link=")[1] ?? "";
  const headers = { "content-type": "application/json" };
  return { ...(await signIn({ headers, body: JSON.stringify({ link: secret }) })), tokenId };
}

describe("the page of a customer", () => {
  test("sees its own account and no other", async () => {
    const client = coreOf(pageTransport(await signInAsCustomer("alice")));
    assert.equal((await client.getBalance({ accountId: "alice" })).balance?.accountId, "alice");
    assert.equal(calls.at(-1)?.caller.account, "alice");
    const other = await refusal(client.getBalance({ accountId: "bob" }));
    assert.deepEqual([other.code, other.reason], [Code.PermissionDenied, "ACCOUNT_NOT_PERMITTED"]);
    const change = await refusal(client.freezeAccount({ accountId: "alice", freezeReason: "x" }));
    assert.equal(change.reason, "SCOPE_MISSING");
    assert.deepEqual(
      (await auditOf("alice"))
        .slice(0, 1)
        .map(({ action, errorReason, result }) => [action, errorReason, result]),
      [["billing.core.v1.BillingCoreService/FreezeAccount", "SCOPE_MISSING", "refused"]],
    );
    const all = await refusal(client.listAccounts({}));
    assert.equal(all.reason, "ACCOUNT_NOT_PERMITTED");
  });

  test("reaches what the page is made of, whatever scopes its link was given", async () => {
    const page = await signInAsCustomer("alice", [...accountScopes]);
    const reached: string[] = [];
    const before = calls.length;
    for (const service of [AdminService, ...Object.values<DescService>(peerServices)]) {
      for (const method of service.methods) {
        const response = await fetch(`${door.baseUrl}/rpc/${service.typeName}/${method.name}`, {
          method: "POST",
          headers: {
            cookie: page.cookie,
            "x-csrf-token": page.csrfToken,
            "content-type": method.methodKind === "unary" ? "application/json" : "application/connect+json",
          },
          body: method.methodKind === "unary" ? "{}" : new Uint8Array([0, 0, 0, 0, 2, 123, 125]),
        });
        const answer = await response.text();
        const isRefused = /the session of a customer may not call|the session lacks the scope/.test(answer);
        if (!isRefused) reached.push(method.name);
      }
    }
    assert.equal(calls.length, before, "nothing was passed on without its account");
    assert.deepEqual(reached.sort(), [
      "CreateCheckoutSession",
      "GetBalance",
      "ListReservations",
      "ListTransactions",
      "WatchBalance",
    ]);
  });

  test("ends when its token is revoked, its streams too", async () => {
    const page = await signInAsCustomer("alice");
    const client = coreOf(pageTransport(page));
    const stream = client.watchBalance({ accountId: "alice" })[Symbol.asyncIterator]();
    await stream.next();
    await door.operations.tokens.revoke({ tokenId: page.tokenId }, "lost", {
      actor: { type: "system", subject: "test", keyId: "", tokenId: "" },
      action: "test",
      requestId: "test",
      address: "",
    });
    assert.equal((await refusal(client.getBalance({ accountId: "alice" }))).reason, "TOKEN_REVOKED");
    assert.equal((await refusal(stream.next())).reason, "TOKEN_REVOKED");
  });
});
