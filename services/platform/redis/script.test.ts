import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorReply } from "@redis/client";
import { redis } from "../testing/shared-redis.ts";
import type { Redis } from "./redis.ts";
import { createScript, runScript } from "./script.ts";

const add = createScript(
  "write",
  "local function double(n) return n * 2 end",
  "return double(KEYS[1] + ARGV[1])",
);

test("a script is sent once, and again when Redis has forgotten it", async () => {
  const sent: unknown[] = [];
  const counting: Redis = {
    ...redis,
    command: (key, args) => {
      sent.push(args[0]);
      return redis.command(key, args);
    },
  };
  assert.equal(await runScript(counting, add, ["1"], ["2"]), 6);
  assert.equal(await runScript(counting, add, ["2"], ["2"]), 8);
  await redis.onEveryPrimary(["SCRIPT", "FLUSH"]);
  assert.equal(await runScript(counting, add, ["3"], ["2"]), 10);
  assert.deepEqual(sent, ["EVALSHA", "EVAL", "EVALSHA", "EVALSHA", "EVAL"]);
});

test("a fault in a script passes through as Redis's own", async () => {
  await redis.command("text", ["SET", "text", "1"]);
  const wrong = createScript("read", "return redis.call('HGET', KEYS[1], 'f')");
  await assert.rejects(runScript(redis, wrong, ["text"], []), (error) => {
    assert.ok(error instanceof ErrorReply);
    return /^WRONGTYPE/.test(error.message);
  });
});

test("a reading script cannot write", async () => {
  const writes = createScript("read", "return redis.call('SET', KEYS[1], '1')");
  await assert.rejects(runScript(redis, writes, ["never"], []), /Write commands are not allowed/);
});

test("full memory refuses a writing script before it has written; what must go on goes on", async () => {
  const source = "redis.call('DEL', KEYS[1]) return redis.call('SET', KEYS[2], '1')";
  const keys = ["{a}first", "{a}second"];
  await redis.command("{a}first", ["SET", "{a}first", "1"]);
  await redis.onEveryPrimary(["CONFIG", "SET", "maxmemory", "1"]);
  try {
    await assert.rejects(runScript(redis, createScript("write", source), keys, []), {
      reason: "STORE_UNAVAILABLE",
    });
    assert.equal(await redis.command("{a}first", ["GET", "{a}first"]), "1");
    await runScript(redis, createScript("write-always", source), keys, []);
    assert.equal(await redis.command("{a}second", ["GET", "{a}second"]), "1");
  } finally {
    await redis.onEveryPrimary(["CONFIG", "SET", "maxmemory", "100mb"]);
  }
});
