import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DescService } from "@bufbuild/protobuf";
import { Code, createClient } from "@connectrpc/connect";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import type { Call } from "#platform/rpc/call.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { peerServices } from "../../peers/service-operations.ts";
import {
  auditOf,
  calls,
  coreOf,
  door,
  type Kind,
  kinds,
  pageTransport,
  refusal,
  signIn,
} from "../relayed-pages.ts";
import { testAdminKey } from "../test-door.ts";

const signInAsAdmin = () => signIn({ headers: { "x-admin-key": testAdminKey } });

describe("a page that is signed in", () => {
  for (const kind of Object.keys(kinds) as Kind[]) {
    test(`calls another service over ${kind}, with its own rights in a short token`, async () => {
      const { balance } = await coreOf(pageTransport(await signInAsAdmin(), kind)).getBalance({
        accountId: "alice",
      });
      assert.equal(balance?.accountId, "alice");
      const { caller } = calls.at(-1) as Call;
      assert.equal(caller.subject, "key:configured");
      assert.ok(caller.scopes.has("core.manage") && caller.scopes.has("monitoring.read"));
      assert.equal(caller.account, undefined);
    });

    test(`watches a stream over ${kind}: each message at once, and the service learns that it left`, async () => {
      const leaving = new AbortController();
      const stream = coreOf(pageTransport(await signInAsAdmin(), kind)).watchBalance(
        { accountId: "alice" },
        { signal: leaving.signal },
      );
      const first = await stream[Symbol.asyncIterator]().next();
      assert.equal(first.value?.event.case, "snapshot");
      const call = calls.at(-1) as Call;
      assert.equal(call.signal.aborted, false);
      leaving.abort();
      await eventually(() => assert.equal(call.signal.aborted, true));
    });
  }

  test("calls this service, without a hop", async () => {
    const admin = createClient(AdminService, pageTransport(await signInAsAdmin()));
    assert.equal((await admin.getStats({})).stats?.softwareVersion, "1.2.3");
  });

  test("changes something, which is audited", async () => {
    await coreOf(pageTransport(await signInAsAdmin())).freezeAccount({
      accountId: "frieda",
      freezeReason: "review",
      comment: "Unusual spending",
    });
    const entries = await auditOf("frieda");
    assert.deepEqual(
      entries.map(({ action, actor, reason, result }) => [action, actor.keyId, reason, result]),
      [["billing.core.v1.BillingCoreService/FreezeAccount", "configured", "Unusual spending", "succeeded"]],
    );
  });

  for (const [name, service] of Object.entries<DescService>(peerServices)) {
    if (name === "core") continue;
    test(`is told that ${name} does not answer`, async () => {
      const transport = pageTransport(await signInAsAdmin());
      const [method] = service.methods.filter(({ name: rpc }) => /^List/.test(rpc));
      const call = transport.unary(method as never, undefined, undefined, undefined, {} as never);
      assert.deepEqual(await refusal(call), {
        code: Code.Unavailable,
        reason: "PEER_UNAVAILABLE",
        service: name,
      });
    });
  }
});

describe("a call is refused", () => {
  const cases: ReadonlyArray<[why: string, headers: Record<string, string>, code: Code, reason: string]> = [
    ["without a cookie", { cookie: "" }, Code.Unauthenticated, "SESSION_EXPIRED"],
    [
      "with a made-up cookie",
      { cookie: `holdfast_session=${"x".repeat(43)}` },
      Code.Unauthenticated,
      "SESSION_EXPIRED",
    ],
    [
      "with a cookie of another form",
      { cookie: "holdfast_session=x" },
      Code.Unauthenticated,
      "SESSION_EXPIRED",
    ],
    ["without the CSRF header", { "x-csrf-token": "" }, Code.PermissionDenied, "CSRF_HEADER_MISSING"],
    [
      "with another CSRF header",
      { "x-csrf-token": "x".repeat(43) },
      Code.PermissionDenied,
      "CSRF_HEADER_MISSING",
    ],
    ["from another origin", { origin: "https://evil.example" }, Code.PermissionDenied, "CSRF_HEADER_MISSING"],
    ["from another port", { origin: "http://127.0.0.1:1" }, Code.PermissionDenied, "CSRF_HEADER_MISSING"],
  ];
  for (const [why, headers, code, reason] of cases) {
    test(why, async () => {
      const before = calls.length;
      const client = coreOf(pageTransport(await signInAsAdmin(), "connect json", headers));
      const told = await refusal(client.getBalance({ accountId: "alice" }));
      assert.deepEqual([told.code, told.reason], [code, reason]);
      assert.equal(calls.length, before);
    });
  }

  test("after signing out", async () => {
    const page = await signInAsAdmin();
    const headers = { cookie: page.cookie, "x-csrf-token": page.csrfToken };
    assert.equal((await fetch(`${door.baseUrl}/session`, { method: "DELETE", headers })).status, 200);
    const told = await refusal(coreOf(pageTransport(page)).getBalance({ accountId: "alice" }));
    assert.equal(told.reason, "SESSION_EXPIRED");
  });

  test("to a method that there is not", async () => {
    const page = await signInAsAdmin();
    const response = await fetch(`${door.baseUrl}/rpc/billing.core.v1.BillingCoreService/Nothing`, {
      method: "POST",
      headers: { cookie: page.cookie, "x-csrf-token": page.csrfToken, "content-type": "application/json" },
      body: "{}",
    });
    assert.equal(response.status, 404);
    assert.ok(response.headers.get("content-security-policy"));
  });
});
