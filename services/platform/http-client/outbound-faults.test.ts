import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type ScriptedReply, startScriptedHttpServer } from "../testing/scripted-http-server.ts";
import { fetchOutbound } from "./fetch-outbound.ts";
import type { OutboundReason } from "./outbound-error.ts";
import type { OutboundPolicy } from "./outbound-policy.ts";
import { call, failure, local, server } from "./testing/outbound-servers.ts";

describe("faults of the other side", () => {
  const cases: ReadonlyArray<{
    name: string;
    reply: ScriptedReply;
    reason: OutboundReason;
    policy?: OutboundPolicy;
  }> = [
    {
      name: "an endless body",
      reply: { body: "x".repeat(9_999), fault: { kind: "endlessBody" } },
      reason: "TOO_LARGE",
    },
    {
      name: "a body that drips",
      reply: { body: "x".repeat(9_999), fault: { kind: "slowBody", pauseMs: 20 } },
      reason: "TIMEOUT",
      policy: { totalTimeoutMs: 300 },
    },
    {
      name: "silence",
      reply: { fault: { kind: "silence" } },
      reason: "TIMEOUT",
      policy: { totalTimeoutMs: 300 },
    },
    { name: "no answer", reply: { fault: { kind: "closeWithoutAnswer" } }, reason: "CONNECTION" },
    {
      name: "a body that breaks off",
      reply: { body: "0123456789", fault: { kind: "truncatedBody", afterBytes: 4 } },
      reason: "CONNECTION",
    },
    {
      name: "a body shorter than announced",
      reply: { body: "0123", fault: { kind: "wrongContentLength", contentLength: 9 } },
      reason: "CONNECTION",
    },
    {
      name: "garbage",
      reply: { fault: { kind: "rawBytes", bytes: "220 smtp ready\r\n\r\n" } },
      reason: "INVALID_RESPONSE",
    },
    {
      name: "endless headers",
      reply: { fault: { kind: "rawBytes", bytes: `HTTP/1.1 200 OK\r\nx: ${"y".repeat(50_000)}\r\n\r\n` } },
      reason: "TOO_LARGE",
    },
    {
      name: "a false encoding",
      reply: { body: "plain", headers: { "content-encoding": "gzip" } },
      reason: "INVALID_RESPONSE",
    },
    {
      name: "an unknown encoding",
      reply: { body: "x", headers: { "content-encoding": "zip9" } },
      reason: "INVALID_RESPONSE",
    },
    {
      name: "nested encodings",
      reply: { body: "x", headers: { "content-encoding": "gzip, gzip" } },
      reason: "INVALID_RESPONSE",
    },
  ];
  for (const { name, reply, reason, policy } of cases) {
    test(`${name} is ${reason}`, async () => {
      server.reply("/fault", reply);
      assert.equal((await failure(call("/fault", {}, policy))).reason, reason);
    });
  }

  test("a refused connection is CONNECTION, an unknown name NAME_NOT_RESOLVED, both worth another try", async () => {
    const gone = await startScriptedHttpServer();
    await gone.stop();
    const refused = await failure(fetchOutbound({ url: gone.url }, local));
    assert.deepEqual([refused.reason, refused.isTransient], ["CONNECTION", true]);
    const lookup: OutboundPolicy["lookup"] = (_name, _options, callback) =>
      callback(Object.assign(new Error("none"), { code: "ENOTFOUND" }), []);
    const unknown = await failure(fetchOutbound({ url: "http://nowhere.test" }, { ...local, lookup }));
    assert.deepEqual([unknown.reason, unknown.isTransient], ["NAME_NOT_RESOLVED", true]);
  });

  test("a resolver that never answers is TIMEOUT", async () => {
    const error = await failure(
      fetchOutbound({ url: "http://slow.test" }, { ...local, lookup: () => {}, connectTimeoutMs: 100 }),
    );
    assert.equal(error.reason, "TIMEOUT");
  });

  test("the caller can give up", async () => {
    server.reply("/fault", { fault: { kind: "silence" } });
    const error = await failure(call("/fault", { signal: AbortSignal.timeout(50) }));
    assert.equal(error.reason, "ABORTED");
    assert.equal((await failure(call("/fault", { signal: AbortSignal.abort() }))).reason, "ABORTED");
  });

  test("a header that HTTP does not allow is INVALID_REQUEST and reaches nobody", async () => {
    const countBefore = server.requests.length;
    const error = await failure(call("/fault", { headers: { "x-a": "b\r\nx-injected: c" } }));
    assert.equal(error.reason, "INVALID_REQUEST");
    assert.equal(server.requests.length, countBefore);
  });
});

describe("what messages tell", () => {
  const secrets = ["hunter2", "app_id", "T0K3N"];
  const calls: ReadonlyArray<[name: string, url: () => string, policy?: OutboundPolicy]> = [
    ["a status", () => `http://user:hunter2@127.0.0.1:${server.port}/T0K3N?app_id=T0K3N`],
    [
      "a refused address",
      () => "http://user:hunter2@10.0.0.1/T0K3N?app_id=T0K3N",
      { allowPrivateAddresses: false },
    ],
    ["a URL that is none", () => "http://user:hunter2@[bad/T0K3N?app_id=T0K3N"],
    ["a scheme", () => "ftp://user:hunter2@127.0.0.1/T0K3N?app_id=T0K3N"],
    ["a broken encoding", () => "http://user:hunter2%zz@127.0.0.1/T0K3N?app_id=T0K3N"],
    ["a refused port", () => "http://user:hunter2@127.0.0.1:1/T0K3N?app_id=T0K3N", { ports: [80] }],
    ["a refused connection", () => "http://user:hunter2@127.0.0.1:1/T0K3N?app_id=T0K3N"],
    ["a broken proxy", () => "http://127.0.0.1/", { proxy: { httpProxy: "socks9://user:hunter2@[x" } }],
  ];
  for (const [name, url, policy] of calls) {
    test(`about ${name}, they keep the URL's secrets`, async () => {
      const error = await failure(fetchOutbound({ url: url() }, { ...local, ...policy }));
      const cause = error.cause instanceof Error ? JSON.stringify(error.cause) + error.cause.message : "";
      for (const secret of secrets) assert.ok(!`${error.message}${cause}`.includes(secret), error.message);
    });
  }

  test("they say what was called and what happened", async () => {
    server.reply("/status", { status: 404 });
    const error = await failure(call("/status", { method: "DELETE" }));
    assert.equal(error.message, `DELETE ${server.url}: answered with status 404`);
  });
});
