import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ErrorReply } from "@redis/client";
import { eventually } from "../testing/eventually.ts";
import { startRedisCluster, type TestRedisCluster } from "../testing/redis-cluster.ts";
import { connectTestRedis } from "../testing/test-redis.ts";
import type { Redis } from "./redis.ts";
import { ReplicatedCalls } from "./replicated-calls.ts";

/**
 * Gives the slot of a key, emptied, to another primary: one that was importing it takes an epoch above all others, so
 * that a claim of the old one that is still on its way takes nothing back.
 */
async function moveSlot(key: string): Promise<void> {
  const slot = String(await redis.command<number>(key, ["CLUSTER", "KEYSLOT", key]));
  const owner = await redis.command<string>(key, ["CLUSTER", "MYID"]);
  const { server } = await redis.connectionFor(key);
  const others = cluster.primaries.filter(({ port }) => !server.endsWith(`:${port}`));
  await redis.command(key, ["DEL", key]);
  const target = await connectTestRedis(others[0]!.url, { name: "mover" });
  const id = await target.command<string>("", ["CLUSTER", "MYID"]);
  await target.command("", ["CLUSTER", "SETSLOT", slot, "IMPORTING", owner]);
  await target.close();
  for (const { url } of [others[0]!, ...cluster.primaries]) {
    const node = await connectTestRedis(url, { name: "mover" });
    await node.command("", ["CLUSTER", "SETSLOT", slot, "NODE", id]);
    await node.close();
  }
}

let cluster: TestRedisCluster;
let redis: Redis;
/** Keys of many slots. */
const keys = Array.from({ length: 60 }, (_, index) => `{${index}}:key`);

before(async () => {
  cluster = await startRedisCluster();
  redis = await connectTestRedis(cluster.urls, { cluster: true, name: "holdfast-test" });
});

after(async () => {
  await redis?.close();
  await cluster?.stop();
});

describe("a Redis Cluster of three primaries", () => {
  test("commands go to the server that holds their key", async () => {
    await Promise.all(keys.map((key) => redis.command(key, ["SET", key, `value of ${key}`])));
    for (const key of keys) assert.equal(await redis.command(key, ["GET", key]), `value of ${key}`);
    const sizes = await redis.onEveryPrimary<number>(["DBSIZE"]);
    assert.equal(sizes.length, 3);
    assert.ok(sizes.every((size) => size > 0));
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      keys.length,
    );
  });

  test("one node's URL is enough to find the others", async () => {
    const own = await connectTestRedis(cluster.urls.slice(1, 2), { cluster: true, name: "one" });
    assert.equal((await own.onEveryPrimary(["PING"])).length, 3);
    await own.close();
  });

  test("functions are loaded on, and run by, every primary", async () => {
    const library = `#!lua name=testing
      redis.register_function("set_and_get", function(keys, args)
        redis.call("SET", keys[1], args[1])
        return redis.call("GET", keys[1])
      end)`;
    assert.deepEqual(await redis.onEveryPrimary(["FUNCTION", "LOAD", "REPLACE", library]), [
      "testing",
      "testing",
      "testing",
    ]);
    for (const key of keys) assert.equal(await redis.callFunction("set_and_get", [key], ["x"]), "x");
  });

  test("calls that wait for replicas go to the server of their key, also when the slot has moved", async () => {
    const follow = { minReplicas: 0, waitMs: 100, touch: (key: string) => ["SET", key, "touched"] };
    const calls = await ReplicatedCalls.open(redis, follow);
    await Promise.all(keys.map((key) => calls.callFunction("set_and_get", [key], ["y"])));
    const [moved] = keys;
    await moveSlot(moved!);
    assert.equal(await calls.callFunction("set_and_get", [moved!], ["z"]), "z");
    await calls.close();
    assert.equal(await redis.command(moved!, ["GET", moved!]), "touched");
  });

  test("keys of different slots in one call are refused by Redis itself", async () => {
    await assert.rejects(redis.callFunction("set_and_get", ["{1}a", "{2}b"], ["x"]), ErrorReply);
  });

  test("a duplicate reaches every primary over connections of its own", async () => {
    const own = await redis.duplicate();
    for (const key of keys.slice(0, 10)) await own.command(key, ["GET", key]);
    await own.close();
    await redis.ping();
  });

  test("with one primary gone its keys are unavailable, and available again once it is back", async () => {
    const [first] = cluster.primaries;
    assert.ok(first);
    await first.kill();
    await assert.rejects(redis.ping(), { reason: "STORE_UNAVAILABLE" });
    const outcomes = await Promise.allSettled(keys.map((key) => redis.command(key, ["GET", key])));
    const failed = outcomes.filter(({ status }) => status === "rejected").length;
    assert.ok(failed > 0 && failed < keys.length, `${failed} failed`);
    await first.restart();
    await eventually(async () => {
      await redis.ping();
      for (const key of keys) await redis.command(key, ["GET", key]);
    });
  });
});
