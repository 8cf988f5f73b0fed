/** What is built on scripts keeps each operation in one slot: on a cluster anything else is refused. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readDocumentChange } from "../documents/document-change.ts";
import { DocumentCollection } from "../documents/document-collection.ts";
import { followFeed } from "../feed/follow-feed.ts";
import { createGuardedScript, runGuarded } from "../lease/guarded-script.ts";
import { LeaseLost, tryAcquireLease } from "../lease/lease.ts";
import { waitUntil } from "../testing/eventually.ts";
import { findFreePort } from "../testing/free-port.ts";
import { startRedis, type TestRedis } from "../testing/redis-server.ts";
import { connectTestRedis } from "../testing/test-redis.ts";
import type { Redis } from "./redis.ts";

const patientMs = 60_000;
let server: TestRedis;
let redis: Redis;

before(async () => {
  // Its default, the port and 10,000, may lie beyond the last port.
  const busPort = await findFreePort();
  server = await startRedis({
    port: true,
    settings: {
      "cluster-enabled": "yes",
      "cluster-port": String(busPort),
      "cluster-announce-ip": "127.0.0.1",
    },
  });
  const direct = await connectTestRedis(server.url, { name: "setup" });
  await direct.command("", ["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
  await waitUntil(
    "the cluster serves",
    async () => String(await direct.command("", ["CLUSTER", "INFO"])).includes("cluster_state:ok"),
    patientMs,
  );
  await direct.close();
  redis = await connectTestRedis(server.url, { cluster: true });
});
after(async () => {
  await redis?.close();
  await server?.stop();
});

test("a guarded write on a cluster", async () => {
  const key = "{test}:lease";
  const add = createGuardedScript("write", "return redis.call('INCR', KEYS[1])");
  const { lease } = await tryAcquireLease({ redis, key });
  assert.ok(lease);
  assert.equal(await runGuarded(redis, lease, add, ["{test}:sum"], []), 1);
  await redis.command(key, ["HSET", key, "token", "7"]);
  await assert.rejects(runGuarded(redis, lease, add, ["{test}:sum"], []), LeaseLost);
  await lease.release();
});

test("documents on a cluster, small and large writes, and a follower of their feed", async () => {
  const items = new DocumentCollection<string>({
    redis,
    tag: "test",
    name: "items",
    codec: { encode: JSON.stringify, decode: JSON.parse },
  });
  const seen: Array<readonly string[] | undefined> = [];
  const reader = followFeed({
    redis,
    key: items.feedKey,
    reload: async () => {},
    apply: async (changes) => void seen.push(...changes.map(({ data }) => readDocumentChange(data).ids)),
  });
  await reader.ready;
  await items.put("a", "one", 0);
  await items.write(
    Array.from({ length: 500 }, (_, id) => ({ id: `m${id}`, expectedVersion: 0, value: "x" })),
  );
  await items.archive("a", 1);
  assert.equal((await items.readAll()).documents.length, 500);
  assert.equal((await items.history("a", 10)).length, 2);
  await waitUntil("the follower has seen all", () => seen.length === 3, patientMs);
  assert.deepEqual(seen, [["a"], undefined, ["a"]]);
  await reader.stop();
});
