import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { AdminRole } from "#gen/billing/admin/v1/admin_key_pb.ts";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { AuditResult } from "#gen/billing/admin/v1/audit_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { type MethodRule, serviceRules } from "#platform/access/method-rule.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { testToken } from "#platform/testing/service.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { createKeyId, createSecret } from "../domain/access/key-secret.ts";
import { leastRoleWith, roles } from "../domain/access/roles.ts";
import { addKey } from "../testing/add-key.ts";
import { type FakeCore, startFakeCore } from "../testing/fake-core.ts";
import { configuredKey, startTestAdmin, type TestAdmin } from "../testing/test-admin.ts";

type Headers = Readonly<Record<string, string>>;

let server: TestRedis;
let redis: Redis;
let core: FakeCore;
let admin: TestAdmin;
/** A key of each role, and ones that do not work. */
const keys = new Map<string, string>();

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
  core = await startFakeCore(redis);
  admin = await startTestAdmin({ redis, coreUrl: core.baseUrl });
  for (const role of roles) keys.set(role, await addKey(redis, role, {}));
  keys.set("expired", await addKey(redis, "admin", { expiresAtMs: Date.now() - 1 }));
  keys.set("revoked", await addKey(redis, "admin", { revokedAtMs: Date.now() - 1 }));
  keys.set("unknown", createSecret(createKeyId()));
});
after(async () => {
  await admin?.drain();
  await core?.drain();
  await redis?.close();
  await server?.stop();
});

/** Reasons of refusals at the gate. */
const gateReasons = new Set([
  "ADMIN_KEY_MISSING",
  "ADMIN_KEY_INVALID",
  "ADMIN_KEY_EXPIRED",
  "ADMIN_KEY_REVOKED",
  "ROLE_INSUFFICIENT",
  "TOKEN_MISSING",
  "TOKEN_INVALID",
  "SCOPE_MISSING",
]);

/** Calls a method with an empty request over Connect; the reason of the gate, or "let in". */
async function knock(baseUrl: string, { path, method }: MethodRule, headers: Headers): Promise<string> {
  const isStream = method.methodKind !== "unary";
  const empty = isStream ? Buffer.from([0, 0, 0, 0, 2, 0x7b, 0x7d]) : "{}";
  const response = await fetch(`${baseUrl}/${path}`, {
    method: "POST",
    headers: { "content-type": isStream ? "application/connect+json" : "application/json", ...headers },
    body: empty,
  });
  const reason = /"reason":"([A-Z_]+)"/.exec(await response.text())?.[1] ?? "";
  return gateReasons.has(reason) ? reason : "let in";
}

const rules = serviceRules(AdminService);

describe("every RPC of Admin", () => {
  const credentials: ReadonlyArray<[who: string, headers: () => Headers, expected: string]> = [
    ["nobody", () => ({}), "ADMIN_KEY_MISSING"],
    ["an empty key", () => ({ "x-admin-key": "" }), "ADMIN_KEY_INVALID"],
    ["an unknown key", () => ({ "x-admin-key": keys.get("unknown")! }), "ADMIN_KEY_INVALID"],
    ["an expired key", () => ({ "x-admin-key": keys.get("expired")! }), "ADMIN_KEY_EXPIRED"],
    ["a revoked key", () => ({ "x-admin-key": keys.get("revoked")! }), "ADMIN_KEY_REVOKED"],
    ["a key of 2,000 characters", () => ({ "x-admin-key": "x".repeat(2_000) }), "ADMIN_KEY_INVALID"],
    ["a key as a bearer token", () => ({ authorization: `Bearer ${keys.get("admin")}` }), "TOKEN_INVALID"],
    ["the configured key", () => ({ "x-admin-key": configuredKey }), "let in"],
  ];
  for (const [who, headers, expected] of credentials) {
    test(`answers ${who} with ${expected}`, async () => {
      for (const rule of rules)
        assert.equal(await knock(admin.baseUrl, rule, headers()), expected, rule.path);
    });
  }

  for (const [rank, role] of roles.entries()) {
    test(`lets a ${role} in where the table of roles says so`, async () => {
      let refused = 0;
      for (const rule of rules) {
        const least = leastRoleWith(rule.scope);
        assert.ok(least, `some role has ${rule.scope}`);
        const expected = rank >= roles.indexOf(least) ? "let in" : "ROLE_INSUFFICIENT";
        refused += expected === "let in" ? 0 : 1;
        const headers = { "x-admin-key": keys.get(role)! };
        assert.equal(await knock(admin.baseUrl, rule, headers), expected, `${role} ${rule.path}`);
      }
      assert.equal(refused === 0, role === "admin");
    });
  }

  test("lets a token in by its scope alone", async () => {
    for (const { scope, ...rule } of rules) {
      const others = ["admin.read", "admin.support", "admin.finance", "admin.manage"].filter(
        (other) => other !== scope,
      );
      for (const [scopes, expected] of [
        [[scope], "let in"],
        [others, "SCOPE_MISSING"],
      ] as const) {
        const headers = { authorization: `Bearer ${await testToken({ scopes })}` };
        assert.equal(await knock(admin.baseUrl, { scope, ...rule }, headers), expected, rule.path);
      }
    }
  });
});

test("a refusal names the key's role and the one that is needed", async () => {
  const response = await fetch(`${admin.baseUrl}/${AdminService.typeName}/CreateAdminKey`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-admin-key": keys.get("finance")! },
    body: JSON.stringify({ name: "x", role: AdminRole.VIEWER, reason: "none at all" }),
  });
  const { details } = (await response.json()) as {
    details: Array<{ debug?: { metadata?: Record<string, string> } }>;
  };
  const { role, required_role } = details[0]?.debug?.metadata ?? {};
  assert.deepEqual([role, required_role], ["finance", "admin"]);
});

test("every RPC of another service's port has no use for an admin key", async () => {
  for (const rule of serviceRules(BillingCoreService)) {
    for (const key of [configuredKey, keys.get("admin")!])
      assert.equal(await knock(core.baseUrl, rule, { "x-admin-key": key }), "TOKEN_MISSING", rule.path);
  }
});

describe("a refusal at the gate is audited", () => {
  const create = serviceRules(AdminService).find(({ method }) => method.name === "CreateAdminKey")!;
  const list = serviceRules(AdminService).find(({ method }) => method.name === "ListAdminKeys")!;

  const known: ReadonlyArray<[who: string, headers: () => Promise<Headers>, reason: string]> = [
    ["a key without the role", async () => ({ "x-admin-key": keys.get("viewer")! }), "ROLE_INSUFFICIENT"],
    [
      "a token without the scope",
      async () => ({ authorization: `Bearer ${await testToken({ scopes: ["admin.read"] })}` }),
      "SCOPE_MISSING",
    ],
  ];
  for (const [who, headers, reason] of known) {
    test(`of ${who}, when it asks for a change`, async () => {
      const requestId = `refused-${reason}`;
      for (const rule of [create, list])
        await knock(admin.baseUrl, rule, { ...(await headers()), "x-request-id": requestId });
      const { entries } = await admin.client().listAuditLog({ requestId });
      assert.deepEqual(
        entries.map(({ action, result, errorReason }) => [action, result, errorReason]),
        [[create.path, AuditResult.REFUSED, reason]],
      );
    });
  }

  test("but not of somebody unknown, who could fill the log", async () => {
    const requestId = "refused-unknown";
    await knock(admin.baseUrl, create, { "x-admin-key": "x", "x-request-id": requestId });
    assert.deepEqual((await admin.client().listAuditLog({ requestId })).entries, []);
  });
});
