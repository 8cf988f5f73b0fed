import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ErrorReply } from "@redis/client";
import { eventually } from "../testing/eventually.ts";
import { startRedisPair, type TestRedisPair } from "../testing/redis-replica.ts";
import { connectTestRedis } from "../testing/test-redis.ts";
import type { Redis } from "./redis.ts";
import { ReplicatedCalls } from "./replicated-calls.ts";

const library = `#!lua name=testing
  redis.register_function("add", function(keys, args) return redis.call("INCRBY", keys[1], args[1]) end)
  redis.register_function("refuse", function() return redis.error_reply("REFUSED {}") end)
  redis.register_function{
    function_name = "peek", flags = { "no-writes" },
    callback = function(keys) return redis.call("GET", keys[1]) end,
  }`;

let pair: TestRedisPair;
let redis: Redis;

before(async () => {
  pair = await startRedisPair();
  redis = await connectTestRedis(pair.primary.url);
  await redis.onEveryPrimary(["FUNCTION", "LOAD", library]);
});

after(async () => {
  await redis?.close();
  await pair?.stop();
});

/** A replica on a busy machine may take a while; what must not be confirmed need not wait for it. */
const patientMs = 30_000;
const impatientMs = 200;

async function open(minReplicas = 1, waitMs = patientMs) {
  const unconfirmed: number[] = [];
  const calls = await ReplicatedCalls.open(redis, {
    minReplicas,
    waitMs,
    touch: (key) => ["SET", `${key}:touched`, "1"],
    onUnconfirmed: (count) => unconfirmed.push(count),
  });
  return { calls, unconfirmed, [Symbol.asyncDispose]: () => calls.close() };
}

async function waits(): Promise<number> {
  const stats = await redis.command<string>("", ["INFO", "commandstats"]);
  return Number(/cmdstat_wait:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}

const unknown = { reason: "STORE_UNAVAILABLE", retryAfterMs: 250 };

describe("with a replica", () => {
  test("calls under way at once are answered, each its own, and share WAITs", async () => {
    await using opened = await open();
    const before = await waits();
    const replies = await Promise.all(
      Array.from({ length: 1_000 }, () => opened.calls.callFunction<number>("add", ["many"], ["1"])),
    );
    assert.deepEqual(
      replies.toSorted((a, b) => a - b),
      Array.from({ length: 1_000 }, (_, index) => index + 1),
    );
    assert.ok((await waits()) - before <= 20, `${(await waits()) - before} WAITs`);
    assert.deepEqual(opened.unconfirmed, []);
  });

  test("a refusal passes through as it is, and the others of its group are answered", async () => {
    await using opened = await open();
    const [refused, added] = await Promise.allSettled([
      opened.calls.callFunction("refuse", ["beside"], []),
      opened.calls.callFunction("add", ["beside"], ["2"]),
    ]);
    assert.ok(refused.status === "rejected" && refused.reason instanceof ErrorReply);
    assert.deepEqual(added, { status: "fulfilled", value: 2 });
  });
});

test("more replicas than there are: the outcome is unknown, though the call ran", async () => {
  await using opened = await open(2, impatientMs);
  await assert.rejects(opened.calls.callFunction("add", ["short"], ["1"]), unknown);
  assert.equal(await redis.command("short", ["GET", "short"]), "1");
  assert.deepEqual(opened.unconfirmed, [1]);
});

test("what a stopped replica has not got is not answered, neither by who wrote it nor by who reads it", async () => {
  await using opened = await open(1, impatientMs);
  pair.pauseReplica();
  await assert.rejects(opened.calls.callFunction("add", ["stopped"], ["1"]), unknown);
  await assert.rejects(
    opened.calls.callFunction("peek", ["stopped"], []),
    unknown,
    "it writes nothing itself",
  );
  await assert.rejects(opened.calls.callFunction("refuse", ["stopped"], []), unknown);
  pair.resumeReplica();
  await eventually(async () => assert.equal(await opened.calls.callFunction("peek", ["stopped"], []), "1"));
});

test("where the server takes no writes it says so itself", async () => {
  await using opened = await open();
  await redis.command("", ["CONFIG", "SET", "min-replicas-to-write", "2"]);
  await assert.rejects(opened.calls.callFunction("add", ["bound"], ["1"]), (error) => {
    return error instanceof ErrorReply && error.message.startsWith("NOREPLICAS");
  });
  await assert.rejects(opened.calls.callFunction("peek", ["bound"], []), unknown);
  await redis.command("", ["CONFIG", "SET", "min-replicas-to-write", "0"]);
  assert.equal(await opened.calls.callFunction("add", ["bound"], ["1"]), 1);
});

test("a lost connection fails what was under way, and only that", async () => {
  await using opened = await open();
  const settled = Promise.allSettled(
    Array.from({ length: 100 }, () => opened.calls.callFunction("add", ["cut"], ["1"])),
  );
  await redis.command("", ["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
  for (const outcome of await settled)
    if (outcome.status === "rejected") assert.equal(outcome.reason.reason, "STORE_UNAVAILABLE");
  await eventually(async () => {
    await opened.calls.callFunction("add", ["afterwards"], ["1"]);
  });
});
