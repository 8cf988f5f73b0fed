import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { get } from "node:https";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { eventually } from "#platform/testing/eventually.ts";
import { openRawConnection } from "#platform/testing/raw-connection.ts";
import { createSelfSignedCertificate } from "#platform/testing/self-signed-certificate.ts";
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
    socket.setTimeout(60_000, () => socket.destroy(new Error("no end of the reply")));
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
  doors.notReady = ["no store"];
  await eventually(async () => {
    const response = await fetch(`http://127.0.0.1:${door.port}/readyz`);
    const { reasons } = (await response.json()) as { reasons: string[] };
    assert.deepEqual([response.status, reasons], [503, ["no store"]]);
  });
  doors.notReady = [];
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

test("a caller that vanished without a word is found out", () => {
  const { keepAlive, keepAliveInitialDelay } = door.app.server as unknown as Record<string, unknown>;
  assert.deepEqual([keepAlive, Number(keepAliveInitialDelay) > 0], [true, true]);
});

test("TLS is spoken when it is configured, and who does not begin to is cut", async () => {
  const certificate = createSelfSignedCertificate();
  const secure = await doors.open({ TLS_CERT: certificate.cert, TLS_KEY: certificate.key });
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
    const silent = await openRawConnection(secure.port);
    await silent.closed();
  } finally {
    await secure.drain();
  }
});

test("a drain lets the request under way finish and takes no other", async () => {
  const draining = await doors.open({ SHUTDOWN_GRACE_MS: 60_000 });
  const entered = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  doors.answer = async () => {
    entered.resolve();
    await release.promise;
    return goodStats();
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
    doors.answer = async () => goodStats();
  }
});

test("a drain cuts what is not done within the grace", async () => {
  const draining = await doors.open({ SHUTDOWN_GRACE_MS: 50 });
  const entered = Promise.withResolvers<void>();
  const release = Promise.withResolvers<ReturnType<typeof goodStats>>();
  doors.answer = () => {
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
    release.resolve(goodStats());
    doors.answer = async () => goodStats();
  }
});
