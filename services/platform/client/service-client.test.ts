import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CommonError } from "../errors/common-error.ts";
import { ServiceError } from "../errors/service-error.ts";
import { startFaultyProxy } from "../testing/faulty-proxy.ts";
import { testToken } from "../testing/service.ts";
import {
  balanceOf,
  type CoreClientOptions,
  connectTo,
  inTime,
  peer,
  refuse,
  script,
} from "./testing/scripted-peer.ts";

const unavailable = refuse(new CommonError("STORE_UNAVAILABLE", "no store"));

const change = { accountId: "alice", displayName: "Alice", configVersion: 1n };

describe("trying again", () => {
  test("a safe call that the peer could not serve is tried again", async () => {
    script.behaviours = [unavailable, unavailable];
    const { balance } = await connectTo(peer.baseUrl).getBalance(balanceOf);
    assert.equal(balance?.accountId, "alice");
    assert.equal(script.calls.length, 3);
  });

  test("three times at most", async () => {
    script.behaviours = Array.from({ length: 5 }, () => unavailable);
    await assert.rejects(connectTo(peer.baseUrl).getBalance(balanceOf), {
      reason: "PEER_UNAVAILABLE",
      metadata: { service: "core" },
    });
    assert.equal(script.calls.length, 3);
  });

  test("a call that may not be repeated is made once", async () => {
    script.behaviours = [unavailable];
    await assert.rejects(connectTo(peer.baseUrl).updateAccount(change), { reason: "PEER_UNAVAILABLE" });
    assert.equal(script.calls.length, 1);
  });

  test("an answer is an answer, also a refusal", async () => {
    script.behaviours = [refuse(new ServiceError("ACCOUNT_NOT_FOUND", "no such account"))];
    await assert.rejects(connectTo(peer.baseUrl).getBalance(balanceOf), { reason: "ACCOUNT_NOT_FOUND" });
    assert.equal(script.calls.length, 1);
  });

  test("not when the original caller's deadline would pass meanwhile", async (context) => {
    context.mock.timers.enable({ apis: ["Date"], now: Date.now() });
    const origin = inTime();
    script.behaviours = [
      async () => {
        context.mock.timers.setTime(origin.deadlineMs - 1);
        await unavailable();
      },
    ];
    const client = connectTo(peer.baseUrl, { timeoutMs: 120_000 });
    await assert.rejects(client.getBalance(balanceOf, origin), { reason: "PEER_UNAVAILABLE" });
    assert.equal(script.calls.length, 1);
  });
});

describe("what goes along", () => {
  test("request id, trace and the shrunk deadline", async () => {
    const origin = inTime();
    await connectTo(peer.baseUrl, { timeoutMs: 120_000 }).getBalance(balanceOf, origin);
    const [call] = script.calls;
    assert.equal(call?.requestId, "request-1");
    assert.equal(call?.trace.traceId, "a".repeat(32));
    assert.ok(Math.abs((call?.deadlineMs ?? 0) - origin.deadlineMs) < 20_000);
  });

  test("without an original call, an id and a trace of its own, and the client's bound", async () => {
    const startedAtMs = Date.now();
    await connectTo(peer.baseUrl, { timeoutMs: 60_000 }).getBalance(balanceOf);
    const [call] = script.calls;
    assert.match(call?.requestId ?? "", /^[0-9a-f-]{36}$/);
    assert.ok(Math.abs((call?.deadlineMs ?? 0) - startedAtMs - 60_000) < 20_000);
  });

  test("the client's own bound is kept where the caller would wait longer", async () => {
    const startedAtMs = Date.now();
    await connectTo(peer.baseUrl, { timeoutMs: 20_000 }).getBalance(balanceOf, inTime());
    assert.ok((script.calls[0]?.deadlineMs ?? Number.POSITIVE_INFINITY) < startedAtMs + 50_000);
  });
});

describe("what comes back", () => {
  test("a reason of the peer with its message and metadata, without the peer's request id", async () => {
    script.behaviours = [
      refuse(new ServiceError("INSUFFICIENT_FUNDS", "7 needed", { metadata: { required: "7" } })),
    ];
    await assert.rejects(connectTo(peer.baseUrl).getBalance(balanceOf), {
      reason: "INSUFFICIENT_FUNDS",
      message: "7 needed",
      metadata: { required: "7" },
    });
  });

  const refusedTokens: Record<string, CoreClientOptions["token"]> = {
    "no token at all": async () => "none",
    "an expired token": () => testToken({ scopes: ["core.read"], ttlSeconds: -60 }),
    "a token without the scope": () => testToken({ scopes: ["core.charge"] }),
    "a token of another account": () => testToken({ scopes: ["core.read"], account: "bob" }),
  };
  for (const [name, token] of Object.entries(refusedTokens)) {
    test(`${name} of ours is our own fault`, async () => {
      await assert.rejects(connectTo(peer.baseUrl, { token }).getBalance(balanceOf), { reason: "INTERNAL" });
    });
  }

  test("fields at fault and the time to wait, as the peer says", async () => {
    const fields = [{ field: "account_id", description: "is odd" }];
    script.behaviours = [
      refuse(new ServiceError("REQUEST_INVALID", "account_id: is odd", { fields, retryAfterMs: 1_250 })),
    ];
    await assert.rejects(connectTo(peer.baseUrl).getBalance(balanceOf), {
      reason: "REQUEST_INVALID",
      fields,
      retryAfterMs: 1_250,
    });
  });

  test("with the caller's rights, what the caller would have been told", async () => {
    const alice = { subject: "alice", scopes: new Set<string>(), account: "bob", tokenId: undefined };
    const origin = { ...inTime(), caller: alice };
    const client = connectTo(peer.baseUrl, {
      rights: "caller",
      token: (from) =>
        testToken({ subject: from?.caller?.subject ?? "", scopes: ["core.read"], account: "bob" }),
    });
    await assert.rejects(client.getBalance(balanceOf, origin), { reason: "ACCOUNT_NOT_PERMITTED" });
    await assert.rejects(client.getAccount({ accountId: "bob" }, origin), { reason: "METHOD_UNAVAILABLE" });
    await client.getBalance({ accountId: "bob" }, origin);
    assert.equal(script.calls[0]?.caller.subject, "alice");
  });

  test("a token that cannot be made is our own fault, and no call is made", async () => {
    const fault = new Error("no key");
    const client = connectTo(peer.baseUrl, { token: () => Promise.reject(fault) });
    await assert.rejects(client.getBalance(balanceOf), fault);
    assert.equal(script.calls.length, 0);
  });

  test("an answer that comes too late is none", async () => {
    script.behaviours = Array.from({ length: 3 }, () => () => new Promise(() => {}));
    await assert.rejects(connectTo(peer.baseUrl, { timeoutMs: 150 }).getBalance(balanceOf), {
      reason: "PEER_UNAVAILABLE",
    });
  });

  test("a method that the peer does not offer", async () => {
    await assert.rejects(connectTo(peer.baseUrl).getAccount(balanceOf), { reason: "PEER_UNAVAILABLE" });
  });
});

describe("a peer that cannot be reached", () => {
  test("is named, soon, when it refuses connections", async () => {
    await using proxy = await startFaultyProxy({ port: peer.port });
    await proxy.refuseConnections();
    const startedAtMs = Date.now();
    const client = connectTo(`http://127.0.0.1:${proxy.port}`, { timeoutMs: 120_000 });
    await assert.rejects(client.getBalance(balanceOf), {
      reason: "PEER_UNAVAILABLE",
      metadata: { service: "core" },
      retryAfterMs: 500,
    });
    assert.ok(Date.now() - startedAtMs < 60_000);
  });

  test("a connection that is cut is replaced within the call, if the call is safe", async () => {
    await using proxy = await startFaultyProxy({ port: peer.port });
    proxy.script({ kind: "cutBeforeRequest" });
    await connectTo(`http://127.0.0.1:${proxy.port}`).getBalance(balanceOf);
    assert.equal(script.calls.length, 1);
    assert.ok(proxy.connectionCount >= 2);
  });

  test("a connection that leads nowhere any more is replaced", async () => {
    await using proxy = await startFaultyProxy({ port: peer.port });
    proxy.script({ kind: "blackhole" });
    const client = connectTo(`http://127.0.0.1:${proxy.port}`, { timeoutMs: 60_000 });
    const soonOver = { ...inTime(), deadlineMs: Date.now() + 200 };
    await assert.rejects(client.getBalance(balanceOf, soonOver), { reason: "PEER_UNAVAILABLE" });
    await client.getBalance(balanceOf);
    assert.equal(proxy.connectionCount, 2);
  });
});
