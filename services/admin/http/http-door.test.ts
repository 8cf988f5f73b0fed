import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CommonError } from "#platform/errors/common-error.ts";
import { testToken } from "#platform/testing/service.ts";
import { goodStats, startStatsDoors } from "../testing/stats-door.ts";
import { type startTestDoor, testAdminKey } from "../testing/test-door.ts";
import { httpLimits } from "./http-limits.ts";

const adminKey = testAdminKey;

let doors: Awaited<ReturnType<typeof startStatsDoors>>;
let door: Awaited<ReturnType<typeof startTestDoor>>;

before(async () => {
  doors = await startStatsDoors();
  door = await doors.open();
});

after(async () => {
  await door?.drain();
  await doors?.stop();
});

type Headers = Record<string, string>;

/** A problem has every member that it must have. */
function assertProblem(
  response: { statusCode: number; headers: Record<string, unknown>; body: string },
  status: number,
  reason: string,
) {
  const problem = JSON.parse(response.body) as Record<string, unknown>;
  assert.equal(response.statusCode, status, response.body);
  assert.match(String(response.headers["content-type"]), /^application\/problem\+json/);
  assert.equal(problem.status, status);
  assert.equal(problem.reason, reason);
  assert.equal(problem.type, `urn:holdfast:error:${reason}`);
  for (const member of ["title", "detail", "advice"])
    assert.ok(problem[member], `${member} in ${response.body}`);
  assert.equal(problem.request_id, response.headers["x-request-id"]);
  return problem;
}

describe("GET /admin/stats", () => {
  const url = "/admin/stats";
  const bearer = async (claims: Parameters<typeof testToken>[0]): Promise<Headers> => ({
    authorization: `Bearer ${await testToken(claims)}`,
  });

  const admitted: Array<{ name: string; headers: () => Promise<Headers> }> = [
    { name: "an admin key", headers: async () => ({ "x-admin-key": adminKey }) },
    { name: "a bearer token with the scope", headers: () => bearer({ scopes: ["admin.read"] }) },
    {
      name: "an admin key beside a token of no use",
      headers: async () => ({ "x-admin-key": adminKey, authorization: "Bearer x" }),
    },
  ];
  for (const { name, headers } of admitted) {
    test(`answers ${name} in the standard JSON mapping, with zeros`, async () => {
      const response = await door.app.inject({ url, headers: await headers() });
      assert.equal(response.statusCode, 200);
      const { stats } = response.json();
      assert.equal(stats.accounts.total, "9007199254740993");
      assert.deepEqual([stats.accounts.closed, stats.openHoldCount, stats.partial], ["0", "0", true]);
      assert.equal(stats.softwareVersion, "1.2.3");
      assert.equal(response.headers["cache-control"], "no-store");
      assert.equal(response.headers["x-content-type-options"], "nosniff");
      assert.ok(response.headers["content-security-policy"]);
    });
  }

  const refused: Array<{ name: string; headers: () => Promise<Headers>; status: number; reason: string }> = [
    { name: "nothing", headers: async () => ({}), status: 401, reason: "ADMIN_KEY_MISSING" },
    {
      name: "a wrong key",
      headers: async () => ({ "x-admin-key": `${adminKey.slice(0, -1)}B` }),
      status: 401,
      reason: "ADMIN_KEY_INVALID",
    },
    {
      name: "an empty key",
      headers: async () => ({ "x-admin-key": "" }),
      status: 401,
      reason: "ADMIN_KEY_INVALID",
    },
    {
      name: "a wrong key beside a good token",
      headers: async () => ({ ...(await bearer({ scopes: ["admin.read"] })), "x-admin-key": "x" }),
      status: 401,
      reason: "ADMIN_KEY_INVALID",
    },
    {
      name: "the key as a bearer token",
      headers: async () => ({ authorization: `Bearer ${adminKey}` }),
      status: 401,
      reason: "TOKEN_INVALID",
    },
    {
      name: "an expired token",
      headers: () => bearer({ scopes: ["admin.read"], ttlSeconds: -60 }),
      status: 401,
      reason: "TOKEN_EXPIRED",
    },
    {
      name: "another scope",
      headers: () => bearer({ scopes: ["core.read"] }),
      status: 403,
      reason: "SCOPE_MISSING",
    },
    {
      name: "a token bound to an account",
      headers: () => bearer({ scopes: ["admin.read"], account: "alice" }),
      status: 403,
      reason: "ACCOUNT_NOT_PERMITTED",
    },
  ];
  for (const { name, headers, status, reason } of refused) {
    test(`refuses ${name} with ${reason}`, async () => {
      const response = await door.app.inject({ url, headers: await headers() });
      assertProblem(response, status, reason);
      assert.equal(response.headers["www-authenticate"], status === 401 ? "Bearer" : undefined);
      assert.ok(!response.body.includes(adminKey));
    });
  }

  test("keeps the caller's request id and replaces one of a wrong form", async () => {
    const mine = await door.app.inject({ url, headers: { "x-request-id": "my-id.1" } });
    assert.equal(assertProblem(mine, 401, "ADMIN_KEY_MISSING").request_id, "my-id.1");
    const odd = await door.app.inject({ url, headers: { "x-request-id": 'a"b c' } });
    assert.match(String(assertProblem(odd, 401, "ADMIN_KEY_MISSING").request_id), /^[0-9a-f-]{36}$/);
  });

  const faults: Array<{ name: string; thrown: Error; status: number; reason: string; retryAfter?: string }> =
    [
      {
        name: "an internal fault, without its text",
        thrown: new TypeError("secret internals"),
        status: 500,
        reason: "INTERNAL",
      },
      {
        name: "a store that is away, with the time to wait",
        thrown: new CommonError("STORE_UNAVAILABLE", "the store did not answer", { retryAfterMs: 1_250 }),
        status: 503,
        reason: "STORE_UNAVAILABLE",
        retryAfter: "2",
      },
      {
        name: "a field at fault, by name",
        thrown: new CommonError("REQUEST_INVALID", "a: b", { fields: [{ field: "a", description: "b" }] }),
        status: 400,
        reason: "REQUEST_INVALID",
      },
    ];
  for (const { name, thrown, status, reason, retryAfter } of faults) {
    test(`reports ${name}`, async () => {
      doors.answer = async () => {
        throw thrown;
      };
      try {
        const response = await door.app.inject({ url, headers: { "x-admin-key": adminKey } });
        const problem = assertProblem(response, status, reason);
        assert.equal(response.headers["retry-after"], retryAfter);
        assert.equal(problem.retry_after_ms, retryAfter === undefined ? undefined : 1_250);
        assert.ok(!response.body.includes("internals"));
        if (reason === "REQUEST_INVALID")
          assert.deepEqual(problem.errors, [{ field: "a", description: "b" }]);
      } finally {
        doors.answer = async () => goodStats();
      }
    });
  }

  test("is counted as a call, like one over RPC", async () => {
    await door.app.inject({ url, headers: { "x-admin-key": adminKey } });
    const text = await doors.metrics.registry.metrics();
    assert.match(text, /billing_rpc_requests_total\{[^}]*AdminService\/GetStats[^}]*code="ok"[^}]*\} [1-9]/);
    assert.match(text, /billing_rpc_in_flight\{[^}]*\} 0/);
  });
});

describe("other requests", () => {
  const cases: Array<{
    method: "GET" | "POST" | "DELETE" | "OPTIONS";
    url: string;
    status: number;
    allow?: string;
  }> = [
    { method: "GET", url: "/nothing?secret=1", status: 404 },
    { method: "POST", url: "/admin", status: 404 },
    { method: "GET", url: "/admin/stats/", status: 404 },
    { method: "POST", url: "/admin/stats", status: 405, allow: "GET, HEAD" },
    { method: "DELETE", url: "/readyz", status: 405, allow: "GET, HEAD" },
    { method: "OPTIONS", url: "/", status: 405, allow: "GET, HEAD" },
  ];
  for (const { method, url, status, allow } of cases) {
    test(`${method} ${url} is ${status}`, async () => {
      const response = await door.app.inject({ method, url });
      const problem = assertProblem(response, status, "ROUTE_NOT_FOUND");
      assert.deepEqual(problem.metadata, { method, path: url.split("?", 1)[0] });
      assert.equal(response.headers.allow, allow);
    });
  }

  const unreadable: Array<{
    name: string;
    url: string;
    headers: Headers;
    payload: string;
    status: number;
    reason: string;
  }> = [
    {
      name: "a body beyond the bound",
      url: "/admin/stats",
      headers: { "content-type": "application/json" },
      payload: "x".repeat(httpLimits.bodyBytes + 1),
      status: 413,
      reason: "REQUEST_TOO_LARGE",
    },
    {
      name: "a body that is no JSON",
      url: "/admin/stats",
      headers: { "content-type": "application/json" },
      payload: "{",
      status: 400,
      reason: "REQUEST_INVALID",
    },
    {
      name: "a body of another type",
      url: "/admin/stats",
      headers: { "content-type": "text/csv" },
      payload: "a,b",
      status: 415,
      reason: "REQUEST_INVALID",
    },
    {
      name: "a path that cannot be decoded",
      url: "/%ff",
      headers: { "content-type": "application/json" },
      payload: "{}",
      status: 400,
      reason: "REQUEST_INVALID",
    },
  ];
  for (const { name, url, headers, payload, status, reason } of unreadable) {
    test(`${name} is ${status}`, async () => {
      assertProblem(await door.app.inject({ method: "POST", url, headers, payload }), status, reason);
    });
  }
});
