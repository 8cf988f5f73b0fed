import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Ownership } from "#gen/billing/options/v1/options_pb.ts";
import { methodRule } from "#platform/access/method-rule.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { testToken } from "#platform/testing/service.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { createKeyId, createSecret } from "../../domain/access/key-secret.ts";
import { leastRoleWith, roles, scopesOf } from "../../domain/access/roles.ts";
import { addKey } from "../../testing/add-key.ts";
import { servicesWith, startTestDoor, testAdminKey } from "../../testing/test-door.ts";
import { allRoutes } from "./all-routes.ts";
import type { Route } from "./route.ts";

type Headers = Readonly<Record<string, string>>;

let server: TestRedis;
let redis: Redis;
let door: Awaited<ReturnType<typeof startTestDoor>>;
const keys = new Map<string, string>();
let handled = 0;

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
  const services = servicesWith(async () => {
    handled += 1;
    return {};
  });
  door = await startTestDoor({ redis, services });
  for (const role of roles) keys.set(role, await addKey(redis, role, {}));
  keys.set("expired", await addKey(redis, "admin", { expiresAtMs: Date.now() - 1 }));
  keys.set("revoked", await addKey(redis, "admin", { revokedAtMs: Date.now() - 1 }));
});

after(async () => {
  await door?.drain();
  await redis?.close();
  await server?.stop();
});

/** Sends a request that is wrong in its body or query: who gets as far as that was let in. */
async function knock({ httpMethod, path }: Route, headers: Headers): Promise<string> {
  const url = `${path.replace(/:[A-Za-z]+/g, "x")}?surprise=1`;
  const response = await door.app.inject({ method: httpMethod, url, headers });
  const { reason } = response.json();
  return reason === "REQUEST_INVALID" ? "let in" : `${response.statusCode} ${reason}`;
}

const bearer = async (claims: Parameters<typeof testToken>[0]): Promise<Headers> => ({
  authorization: `Bearer ${await testToken(claims)}`,
});
const everyScope = [...scopesOf.admin];

describe("every route", () => {
  const credentials: ReadonlyArray<[who: string, headers: () => Promise<Headers>, expected: string]> = [
    ["nobody", async () => ({}), "401 ADMIN_KEY_MISSING"],
    ["an unknown key", async () => ({ "x-admin-key": createSecret(createKeyId()) }), "401 ADMIN_KEY_INVALID"],
    ["garbage for a key", async () => ({ "x-admin-key": "x".repeat(2_000) }), "401 ADMIN_KEY_INVALID"],
    ["an expired key", async () => ({ "x-admin-key": keys.get("expired")! }), "401 ADMIN_KEY_EXPIRED"],
    ["a revoked key", async () => ({ "x-admin-key": keys.get("revoked")! }), "401 ADMIN_KEY_REVOKED"],
    ["garbage for a token", async () => ({ authorization: "Bearer x.y.z" }), "401 TOKEN_INVALID"],
    [
      "a session's cookie",
      async () => ({ cookie: `holdfast_session=${"x".repeat(43)}` }),
      "401 ADMIN_KEY_MISSING",
    ],
    ["an expired token", () => bearer({ scopes: everyScope, ttlSeconds: -60 }), "401 TOKEN_EXPIRED"],
    ["a token without scopes", () => bearer({ scopes: [] }), "403 SCOPE_MISSING"],
    ["a token with every scope", () => bearer({ scopes: everyScope }), "let in"],
    ["the configured key", async () => ({ "x-admin-key": testAdminKey }), "let in"],
  ];
  for (const [who, headersOf, expected] of credentials) {
    test(`answers ${who} with ${expected}, and does nothing`, async () => {
      const headers = await headersOf();
      for (const route of allRoutes)
        assert.equal(await knock(route, headers), expected, `${route.httpMethod} ${route.path}`);
      assert.equal(handled, 0);
    });
  }

  for (const [rank, role] of roles.entries()) {
    test(`lets a ${role} in where the table of roles says so`, async () => {
      const outcomes = new Set<string>();
      for (const route of allRoutes) {
        const least = leastRoleWith(methodRule(route.rpc).scope);
        const isLetIn = least !== undefined && rank >= roles.indexOf(least);
        const outcome = await knock(route, { "x-admin-key": keys.get(role)! });
        assert.equal(
          outcome,
          isLetIn ? "let in" : "403 ROLE_INSUFFICIENT",
          `${route.httpMethod} ${route.path}`,
        );
        outcomes.add(outcome);
      }
      assert.equal(outcomes.size, role === "admin" ? 1 : 2);
    });
  }

  test("lets a token in by its scope alone", async () => {
    for (const route of allRoutes) {
      const { scope } = methodRule(route.rpc);
      assert.equal(await knock(route, await bearer({ scopes: [scope] })), "let in", route.path);
      const others = everyScope.filter((other) => other !== scope);
      assert.equal(await knock(route, await bearer({ scopes: others })), "403 SCOPE_MISSING", route.path);
    }
  });

  test("that concerns the whole system refuses a token of one account", async () => {
    const headers = await bearer({ scopes: everyScope, account: "alice" });
    const operators = allRoutes.filter(({ rpc }) => methodRule(rpc).ownership === Ownership.OPERATOR);
    const reads = operators.filter(({ httpMethod, path }) => httpMethod === "GET" && !path.includes(":"));
    assert.ok(reads.length > 15);
    for (const route of reads) {
      const response = await door.app.inject({ url: route.path, headers });
      assert.equal(response.json().reason, "ACCOUNT_NOT_PERMITTED", route.path);
    }
    assert.equal(handled, 0);
  });
});
