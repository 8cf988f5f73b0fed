import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Redis } from "#platform/redis/redis.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { sessionTimes } from "../../domain/access/sessions.ts";
import { servicesWith, startTestDoor, testAdminKey } from "../../testing/test-door.ts";

let server: TestRedis;
let redis: Redis;
let door: Awaited<ReturnType<typeof startTestDoor>>;

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
  door = await startTestDoor({ redis, services: servicesWith(async () => ({})) });
});

after(async () => {
  await door?.drain();
  await redis?.close();
  await server?.stop();
});

const signIn = (headers: Record<string, string> = { "x-admin-key": testAdminKey }, payload?: object) =>
  door.app.inject({
    method: "POST",
    url: "/session",
    headers,
    ...(payload === undefined ? {} : { payload }),
  });

function cookieOf(response: Awaited<ReturnType<typeof signIn>>): string {
  return String(response.headers["set-cookie"]).split(";")[0] ?? "";
}

describe("signing in", () => {
  test("with a key gives a cookie that scripts and other sites cannot use, and says who it is", async () => {
    const response = await signIn();
    assert.equal(response.statusCode, 200);
    const { subject, role, accountId, csrfToken, expiresAt } = response.json();
    assert.deepEqual([subject, role, accountId], ["key:configured", "admin", null]);
    assert.match(csrfToken, /^[A-Za-z0-9_-]{43}$/);
    const leftMs = Date.parse(expiresAt) - Date.now();
    assert.ok(leftMs > 0 && leftMs <= sessionTimes.idleMs);
    assert.match(
      String(response.headers["set-cookie"]),
      /^holdfast_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    assert.ok(!response.body.includes(testAdminKey));
  });

  test("keeps neither the key nor the cookie in the store", async () => {
    const cookie = cookieOf(await signIn()).split("=")[1] ?? "";
    for (const key of (await redis.onEveryPrimary<string[]>(["KEYS", "{admin}:session:*"])).flat()) {
      const text = await redis.command<string>(key, ["GET", key]);
      assert.ok(!`${key}${text}`.includes(cookie) && !text.includes(testAdminKey));
    }
  });

  const refused: ReadonlyArray<
    [
      why: string,
      headers: Record<string, string>,
      payload: object | undefined,
      status: number,
      reason: string,
    ]
  > = [
    ["a wrong key", { "x-admin-key": "x" }, undefined, 401, "ADMIN_KEY_INVALID"],
    ["nothing", {}, undefined, 400, "REQUEST_INVALID"],
    ["a link that there is not", {}, { link: "x" }, 401, "LINK_INVALID"],
    ["a link of another form", {}, { link: 7 }, 400, "REQUEST_INVALID"],
    ["a field that there is not", {}, { key: testAdminKey }, 400, "REQUEST_INVALID"],
    [
      "a page of another origin",
      { "x-admin-key": testAdminKey, origin: "https://evil.example" },
      undefined,
      403,
      "CSRF_HEADER_MISSING",
    ],
    [
      "a page of the same site",
      { "x-admin-key": testAdminKey, "sec-fetch-site": "same-site" },
      undefined,
      403,
      "CSRF_HEADER_MISSING",
    ],
  ];
  for (const [why, headers, payload, status, reason] of refused) {
    test(`with ${why} is refused`, async () => {
      const response = await signIn(headers, payload);
      assert.deepEqual([response.statusCode, response.json().reason], [status, reason], response.body);
      assert.equal(response.headers["set-cookie"], undefined);
    });
  }
});

describe("a session", () => {
  test("is told to its page, and ends when the page says so", async () => {
    const signedIn = await signIn();
    const headers = { cookie: cookieOf(signedIn) };
    const known = await door.app.inject({ url: "/session", headers });
    assert.equal(known.json().csrfToken, signedIn.json().csrfToken);
    const unproved = await door.app.inject({ method: "DELETE", url: "/session", headers });
    assert.equal(unproved.json().reason, "CSRF_HEADER_MISSING");
    const proved = { ...headers, "x-csrf-token": signedIn.json().csrfToken };
    const ended = await door.app.inject({ method: "DELETE", url: "/session", headers: proved });
    assert.equal(ended.statusCode, 200);
    assert.match(String(ended.headers["set-cookie"]), /holdfast_session=; Max-Age=0|Expires=/);
    assert.equal((await door.app.inject({ url: "/session", headers })).json().reason, "SESSION_EXPIRED");
  });

  test("ends when its browser signs in anew", async () => {
    const headers = { cookie: cookieOf(await signIn()) };
    assert.equal((await signIn({ "x-admin-key": testAdminKey, ...headers })).statusCode, 200);
    assert.equal((await door.app.inject({ url: "/session", headers })).json().reason, "SESSION_EXPIRED");
  });

  test("is no key to the routes of HTTP JSON", async () => {
    const headers = { cookie: cookieOf(await signIn()) };
    const response = await door.app.inject({ url: "/admin/stats", headers });
    assert.equal(response.json().reason, "ADMIN_KEY_MISSING");
  });
});

describe("limits", () => {
  test("of requests count all paths but the operations pages, and say when to come again", async () => {
    const tight = await startTestDoor({
      redis,
      services: servicesWith(async () => ({})),
      settings: { ADMIN_REQUESTS_PER_MINUTE: 3 },
    });
    try {
      const from = { remoteAddress: "192.0.2.7" };
      for (const url of ["/nothing", "/admin/stats", "/session"])
        assert.notEqual((await tight.app.inject({ url, ...from })).statusCode, 429);
      for (const url of ["/nothing", "/admin/stats"]) {
        const response = await tight.app.inject({ url, ...from });
        assert.deepEqual([response.statusCode, response.json().reason], [429, "RATE_LIMITED"], url);
        assert.ok(Number(response.headers["retry-after"]) > 0);
      }
      assert.equal((await tight.app.inject({ url: "/nothing", remoteAddress: "192.0.2.8" })).statusCode, 404);
      assert.equal((await tight.app.inject({ url: "/healthz", ...from })).statusCode, 200);
    } finally {
      await tight.drain();
    }
  });

  test("of signing in are narrower, whatever key is tried", async () => {
    const tight = await startTestDoor({
      redis,
      services: servicesWith(async () => ({})),
      settings: { ADMIN_SIGN_INS_PER_MINUTE: 2 },
    });
    try {
      const statuses: number[] = [];
      for (const key of ["a", "b", testAdminKey, "c"]) {
        const request = { method: "POST", url: "/session", headers: { "x-admin-key": key } } as const;
        statuses.push((await tight.app.inject({ ...request, remoteAddress: "192.0.2.9" })).statusCode);
      }
      assert.deepEqual(statuses, [401, 401, 429, 429]);
    } finally {
      await tight.drain();
    }
  });
});
