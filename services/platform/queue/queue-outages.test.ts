import assert from "node:assert/strict";
import { test } from "node:test";
import { waitUntil } from "../testing/eventually.ts";
import { findFreePort } from "../testing/free-port.ts";
import { startRedis } from "../testing/redis-server.ts";
import { connectTestRedis } from "../testing/test-redis.ts";
import { openQueue } from "./durable-queue.ts";
import { claimOne, prefix } from "./testing/test-queue.ts";

test("a full memory refuses new messages, and those there are can still be handled", async () => {
  await using small = await startRedis({ settings: { maxmemory: "3mb" } });
  const connection = await connectTestRedis(small.url);
  try {
    const tight = openQueue({ redis: connection, prefix });
    const fill = async () => {
      for (;;) await tight.enqueue({ payload: "x".repeat(60_000) });
    };
    await assert.rejects(fill(), { reason: "STORE_UNAVAILABLE" });
    const { due } = await tight.stats();
    assert.ok(due > 0);
    for (let count = 0; count < due; count++) assert.equal(await tight.complete(await claimOne(tight)), true);
    assert.equal((await tight.enqueue({ payload: "room again" })).isNew, true);
  } finally {
    await connection.close();
  }
});

test("a killed server loses nothing that was acknowledged", async () => {
  await using own = await startRedis();
  const connection = await connectTestRedis(own.url);
  try {
    const durable = openQueue({ redis: connection, prefix });
    for (let index = 0; index < 50; index++) await durable.enqueue({ id: `m${index}`, payload: "" });
    const delivery = await claimOne(durable);
    const dead = await claimOne(durable);
    await durable.bury(dead, "no");
    await own.kill();
    await own.restart();
    await waitUntil("it is connected again", () =>
      connection.ping().then(
        () => true,
        () => false,
      ),
    );
    const { due, leased, dead: buried } = await durable.stats();
    assert.deepEqual([due, leased, buried], [48, 1, 1]);
    assert.equal(await durable.complete(delivery), true);
  } finally {
    await connection.close();
  }
});

test("a cluster runs all of it", async () => {
  const busPort = await findFreePort();
  const settings = {
    "cluster-enabled": "yes",
    "cluster-port": String(busPort),
    "cluster-announce-ip": "127.0.0.1",
  };
  await using node = await startRedis({ port: true, settings });
  const single = await connectTestRedis(node.url);
  await single.command("", ["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
  await waitUntil("the cluster is up", async () =>
    String(await single.command("", ["CLUSTER", "INFO"])).includes("cluster_state:ok"),
  );
  await single.close();
  const cluster = await connectTestRedis(node.url, { cluster: true });
  try {
    const clustered = openQueue({ redis: cluster, prefix });
    await clustered.enqueue({ id: "a", payload: "x" });
    await clustered.enqueue({ id: "b", payload: "x" });
    await clustered.bury(await claimOne(clustered), "no");
    const [letter] = await clustered.listDeadLetters(10);
    assert.equal(await clustered.redeliver([letter!.id]), 1);
    await clustered.fail(await claimOne(clustered), "no", 0);
    for (let count = 0; count < 2; count++) await clustered.complete(await claimOne(clustered));
    assert.equal((await clustered.stats()).due, 0);
  } finally {
    await cluster.close();
  }
});
