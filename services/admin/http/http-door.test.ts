import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { get } from "node:https";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { StatsSchema } from "#gen/billing/admin/v1/stats_pb.ts";
import { CommonError } from "#platform/errors/common-error.ts";
import { createMetrics } from "#platform/observe/metrics.ts";
import { connectRedis, type Redis } from "#platform/redis/redis.ts";
import { delegatedRoutesOf, routesOf } from "#platform/rpc/handlers.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import {
  createSelfSignedCertificate,
  type SelfSignedCertificate,
} from "#platform/testing/self-signed-certificate.ts";
import { testToken } from "#platform/testing/service.ts";
import { peerServices } from "../peers/service-operations.ts";
import { startTestDoor, testAdminKey } from "../testing/test-door.ts";
import { httpLimits } from "./http-limits.ts";

const adminKey = testAdminKey;

/** The other services, of which nothing is offered here. */
const strangers = Object.values(peerServices).map((service) => delegatedRoutesOf(service, {}));

let server: TestRedis;
let redis: Redis;
let door: Awaited<ReturnType<typeof startTestDoor>>;
let notReady: readonly string[] = [];
const metrics = createMetrics("test");
/** What the handler does; a test may replace it. */
let answer: () => Promise<ReturnType<typeof goodAnswer>> = async () => goodAnswer();

function goodAnswer() {
  const accounts = { total: 9_007_199_254_740_993n, active: 1n };
  return {
    stats: create(StatsSchema, { accounts: accounts as never, softwareVersion: "1.2.3", partial: true }),
  };
}

function openDoor(graceMs = 2_000, tls?: SelfSignedCertificate) {
  return startTestDoor({
    redis,
    metrics,
    settings: {
      SHUTDOWN_GRACE_MS: graceMs,
      ...(tls === undefined ? {} : { TLS_CERT: tls.cert, TLS_KEY: tls.key }),
    },
    services: [routesOf(AdminService, { getStats: () => answer() }), ...strangers],
    notReady: async () => notReady,
  });
}

before(async () => {
  server = await startRedis();
  redis = await connectRedis({ urls: [server.url], name: "test" });
  door = await openDoor();
});

after(async () => {
  await door?.drain();
  await redis?.close();
  await server?.stop();
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
      answer = async () => {
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
        answer = async () => goodAnswer();
      }
    });
  }

  test("is counted as a call, like one over RPC", async () => {
    await door.app.inject({ url, headers: { "x-admin-key": adminKey } });
    const text = await metrics.registry.metrics();
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

describe("over a real socket", () => {
  /** Sends bytes as they are and gives everything that comes back. */
  function exchange(port: number, bytes: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
      let reply = "";
      socket.setEncoding("utf8").on("data", (chunk: string) => {
        reply += chunk;
      });
      socket.once("close", () => resolve(reply));
      socket.once("error", reject);
      socket.setTimeout(5_000, () => socket.destroy(new Error("no end of the reply")));
    });
  }

  test("health and statistics are answered, HEAD too", async () => {
    const base = `http://127.0.0.1:${door.port}`;
    const alive = await fetch(`${base}/healthz`);
    assert.deepEqual([alive.status, ((await alive.json()) as { status: string }).status], [200, "alive"]);
    const ready = await fetch(`${base}/readyz`);
    assert.equal(ready.status, 200);
    assert.deepEqual(((await ready.json()) as { peers: object }).peers, { core: "serving" });
    const stats = await fetch(`${base}/admin/stats`, { headers: { "x-admin-key": adminKey } });
    assert.equal(stats.status, 200);
    assert.ok(((await stats.json()) as { stats: object }).stats);
    const head = await fetch(`${base}/admin/stats`, { method: "HEAD", headers: { "x-admin-key": adminKey } });
    assert.deepEqual([head.status, await head.text()], [200, ""]);
  });

  test("readiness follows the service", async () => {
    notReady = ["no store"];
    await eventually(async () => {
      const response = await fetch(`http://127.0.0.1:${door.port}/readyz`);
      const { reasons } = (await response.json()) as { reasons: string[] };
      assert.deepEqual([response.status, reasons], [503, ["no store"]]);
    });
    notReady = [];
    await eventually(async () =>
      assert.equal((await fetch(`http://127.0.0.1:${door.port}/readyz`)).status, 200),
    );
  });

  const broken: Array<{ name: string; bytes: string; status: number }> = [
    { name: "garbage", bytes: "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", status: 400 },
    {
      name: "a header beyond the bound",
      bytes: `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(httpLimits.headerBytes)}\r\n\r\n`,
      status: 431,
    },
    {
      name: "two lengths",
      bytes: "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      status: 400,
    },
  ];
  for (const { name, bytes, status } of broken) {
    test(`${name} is answered with a problem and the connection ends`, async () => {
      const reply = await exchange(door.port, bytes);
      const [head = "", body = ""] = reply.split("\r\n\r\n");
      assert.match(head, new RegExp(`^HTTP/1.1 ${status} `));
      assert.match(head, /Content-Type: application\/problem\+json/);
      const problem = JSON.parse(body) as { status: number; reason: string };
      assert.deepEqual([problem.status, problem.reason], [status, "REQUEST_INVALID"]);
    });
  }

  test("a caller without a key is refused before the body has come", async () => {
    const reply = await exchange(
      door.port,
      "GET /admin/stats HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n{",
    );
    assert.match(reply, /^HTTP\/1.1 401 /);
  });

  test("connections are bounded in number and time", () => {
    const { server: listener } = door.app;
    assert.deepEqual(
      [listener.maxConnections, listener.headersTimeout, listener.requestTimeout, listener.keepAliveTimeout],
      [httpLimits.connections, httpLimits.headersMs, httpLimits.requestMs, httpLimits.keepAliveMs],
    );
    assert.equal(listener.maxRequestsPerSocket, httpLimits.requestsPerConnection);
  });

  test("TLS is spoken when it is configured", async () => {
    const certificate = createSelfSignedCertificate();
    const secure = await openDoor(2_000, certificate);
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const options = {
          port: secure.port,
          host: "127.0.0.1",
          path: "/healthz",
          ca: certificate.cert,
          agent: false,
        };
        get(options, resolve).once("error", reject);
      });
      response.resume();
      assert.equal(response.statusCode, 200);
      await assert.rejects(fetch(`http://127.0.0.1:${secure.port}/healthz`));
    } finally {
      await secure.drain();
    }
  });

  test("a drain lets the request under way finish and takes no other", async () => {
    const draining = await openDoor(60_000);
    const entered = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    answer = async () => {
      entered.resolve();
      await release.promise;
      return goodAnswer();
    };
    try {
      const base = `http://127.0.0.1:${draining.port}`;
      const pending = fetch(`${base}/admin/stats`, { headers: { "x-admin-key": adminKey } });
      await entered.promise;
      const drained = draining.drain();
      await eventually(() => assert.rejects(fetch(`${base}/healthz`)));
      release.resolve();
      assert.equal((await pending).status, 200);
      await drained;
    } finally {
      answer = async () => goodAnswer();
    }
  });

  test("a drain cuts what is not done within the grace", async () => {
    const draining = await openDoor(50);
    const entered = Promise.withResolvers<void>();
    const release = Promise.withResolvers<ReturnType<typeof goodAnswer>>();
    answer = () => {
      entered.resolve();
      return release.promise;
    };
    try {
      const pending = assert.rejects(
        fetch(`http://127.0.0.1:${draining.port}/admin/stats`, { headers: { "x-admin-key": adminKey } }),
      );
      await entered.promise;
      await draining.drain();
      await pending;
    } finally {
      release.resolve(goodAnswer());
      answer = async () => goodAnswer();
    }
  });
});
