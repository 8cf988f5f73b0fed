import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { create, type DescService } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { BalanceSchema } from "#gen/billing/core/v1/balance_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { CommonError } from "#platform/errors/common-error.ts";
import { connectRedis, type Redis } from "#platform/redis/redis.ts";
import type { Call } from "#platform/rpc/call.ts";
import { routesOf } from "#platform/rpc/handlers.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { startTestService, testSecret } from "#platform/testing/service.ts";
import { accountScopes } from "../../domain/access/grantable-scopes.ts";
import { listAuditEntries } from "../../domain/audit/audit-reader.ts";
import { createServiceOperations, peerServices } from "../../peers/service-operations.ts";
import { auditedRoutes } from "../../rpc/audited-routes.ts";
import { startTestDoor, testAdminKey } from "../../testing/test-door.ts";

let server: TestRedis;
let redis: Redis;
let core: Awaited<ReturnType<typeof startTestService>>;
let door: Awaited<ReturnType<typeof startTestDoor>>;
let passedOn: ReturnType<typeof createServiceOperations>;
/** Calls that reached Billing Core, newest last. */
const calls: Call[] = [];

before(async () => {
  server = await startRedis();
  redis = await connectRedis({ urls: [server.url], name: "test" });
  const nobody = { accountOf: () => undefined, notFound: () => new CommonError("REQUEST_INVALID", "none") };
  core = await startTestService({
    redis,
    owners: { reservationId: nobody, transactionId: nobody },
    routes: [
      routesOf(BillingCoreService, {
        getBalance: ({ accountId }, call) => {
          calls.push(call);
          return { balance: create(BalanceSchema, { accountId }) };
        },
        freezeAccount: ({ accountId }, call) => {
          calls.push(call);
          return { account: { accountId } };
        },
        async *watchBalance({ accountId }, call) {
          calls.push(call);
          yield { event: { case: "snapshot" as const, value: create(BalanceSchema, { accountId }) } };
          await new Promise((resolve) => call.signal.addEventListener("abort", resolve));
        },
      }),
    ],
  });
  const nowhere = "http://127.0.0.1:1";
  passedOn = createServiceOperations({
    baseUrls: { core: core.baseUrl, pricing: nowhere, exchange: nowhere, monitoring: nowhere },
    secret: new TextEncoder().encode(testSecret),
  });
  let parts: Parameters<typeof auditedRoutes>[1] | undefined;
  const later = {
    get auditLog() {
      return parts!.auditLog;
    },
    get keyVerifier() {
      return parts!.keyVerifier;
    },
  };
  door = await startTestDoor({
    redis,
    services: [
      routesOf(AdminService, { getStats: () => ({ stats: { softwareVersion: "1.2.3" } }) }),
      ...passedOn.routes.map((routes) => auditedRoutes(routes, later)),
    ],
  });
  parts = door.operations;
});

after(async () => {
  passedOn?.close();
  await door?.drain();
  await core?.drain();
  await redis?.close();
  await server?.stop();
});

/** What a page has after signing in. */
interface Page {
  readonly cookie: string;
  readonly csrfToken: string;
}

async function signIn(init: RequestInit): Promise<Page> {
  const response = await fetch(`${door.baseUrl}/session`, { method: "POST", ...init });
  assert.equal(response.status, 200, await response.clone().text());
  const { csrfToken } = (await response.json()) as { csrfToken: string };
  return { cookie: response.headers.get("set-cookie")?.split(";")[0] ?? "", csrfToken };
}

const signInAsAdmin = () => signIn({ headers: { "x-admin-key": testAdminKey } });

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

/** The transport of a page; headers replace those that it would send. */
function pageTransport(
  page: Page,
  kind: Kind = "connect json",
  headers: Record<string, string> = {},
): Transport {
  const asPage: Interceptor = (next) => (request) => {
    const sent = { cookie: page.cookie, "x-csrf-token": page.csrfToken, ...headers };
    for (const [name, value] of Object.entries(sent)) request.header.set(name, value);
    return next(request);
  };
  return kinds[kind]({ baseUrl: `${door.baseUrl}/rpc`, interceptors: [asPage] });
}

type Options = { baseUrl: string; interceptors: Interceptor[] };
const kinds = {
  "connect json": (options: Options) => createConnectTransport({ ...options, useBinaryFormat: false }),
  "connect binary": (options: Options) => createConnectTransport({ ...options, useBinaryFormat: true }),
  "connect get": (options: Options) => createConnectTransport({ ...options, useHttpGet: true }),
  "grpc-web binary": (options: Options) => createGrpcWebTransport({ ...options, useBinaryFormat: true }),
  "grpc-web json": (options: Options) => createGrpcWebTransport({ ...options, useBinaryFormat: false }),
} as const;
type Kind = keyof typeof kinds;

const coreOf = (transport: Transport) => createClient(BillingCoreService, transport);

async function refusal(call: Promise<unknown>): Promise<{ code: Code; reason: string; service: string }> {
  try {
    await call;
  } catch (thrown) {
    const error = ConnectError.from(thrown);
    const [info] = error.findDetails(ErrorInfoSchema);
    return { code: error.code, reason: info?.reason ?? error.message, service: info?.metadata.service ?? "" };
  }
  return assert.fail("the call was answered");
}

/** What the audit log says about an account. */
async function auditOf(accountId: string) {
  const { entries } = await listAuditEntries(
    door.operations.auditStore,
    {
      actorKeyId: "",
      actorSubject: "",
      actionPrefix: "",
      targetType: "",
      targetId: "",
      accountId,
      result: undefined,
      requestId: "",
      startMs: undefined,
      endMs: undefined,
    },
    10,
    undefined,
  );
  return entries;
}

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
