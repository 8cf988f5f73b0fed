import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as immediate } from "node:timers/promises";
import type { Redis } from "#platform/redis/redis.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { startRedisPair } from "#platform/testing/redis-replica.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { createAccountCall } from "./calls/create-account.ts";
import { readAccountCall } from "./calls/read-account.ts";
import { bucketKeys } from "./keys.ts";
import { LedgerGate } from "./ledger-gate.ts";
import { LedgerStore } from "./ledger-store.ts";

function createCall(accountId: string) {
  const terms = { currencyCode: "USD", ledgerScale: 2, creditLimitAtoms: 0n, settings: "" };
  return createAccountCall({ accountId, ...terms, digest: Buffer.alloc(16) });
}

async function startGate(url: string) {
  const connection = await connectTestRedis(url);
  const told: string[] = [];
  const gate = new LedgerGate(connection, {
    closed: (reasons) => told.push(...reasons),
    opened: () => told.push("open"),
    failedOver: (buckets) => told.push(`failed over: ${buckets}`),
  });
  await gate.open();
  return {
    gate,
    connection,
    told,
    store: new LedgerStore(gate.redis),
    [Symbol.asyncDispose]: async () => {
      await gate.stop();
      await connection.close();
    },
  };
}

/** A server at another's address, on data of its own or of that. */
function startInPlaceOf({ port }: TestRedis): Promise<TestRedis> {
  return startRedis({ settings: { port: String(port), bind: "127.0.0.1" } });
}

const gone =
  "256 of 256 buckets: its genesis is gone: the primary came back empty; restore it from its backup";

test("a primary that came back empty is refused, without anything made on it, until its data are back", async () => {
  await using server = await startRedis({ port: true });
  await using gated = await startGate(server.url);
  const { gate, store } = gated;
  await store.run(createCall("a"));
  const duplicate = await gate.redis.duplicate();
  await server.kill();
  const empty = await startInPlaceOf(server);
  await eventually(() => assert.deepEqual(gate.reasons(), [gone]));
  const refused = { reason: "STORE_UNAVAILABLE", message: /genesis is gone/ };
  await assert.rejects(store.run(createCall("a")), refused);
  await assert.rejects(store.run(readAccountCall("a")), refused);
  await assert.rejects(new LedgerStore(duplicate).run(createCall("b")), refused, "on every connection");
  await assert.rejects(gate.redis.command(bucketKeys(3).listing, ["ZCARD", bucketKeys(3).listing]), refused);
  const onEmpty = await connectTestRedis(server.url);
  assert.deepEqual(await onEmpty.command("", ["KEYS", "*"]), []);
  assert.deepEqual(await onEmpty.command("", ["FUNCTION", "LIST"]), []);
  await onEmpty.close();
  await empty.stop();
  await server.restart();
  await eventually(() => assert.deepEqual(gate.reasons(), []));
  await eventually(async () => assert.equal((await store.run(createCall("a"))).account.sequence, 1));
  assert.deepEqual([gated.told.includes(gone), gated.told.at(-1)], [true, "open"]);
  await duplicate.close();
});

test("no call runs on an empty server that is there before anybody noticed", async () => {
  await using server = await startRedis({ port: true });
  await using gated = await startGate(server.url);
  await gated.store.run(createCall("a"));
  let stopped = false;
  const creating = (async () => {
    for (let number = 0; !stopped; number++) {
      await gated.store.run(createCall(`a${number}`)).catch(() => {});
      await immediate();
    }
  })();
  await server.kill();
  await using empty = await startInPlaceOf(server);
  await eventually(() => assert.deepEqual(gated.gate.reasons(), [gone]));
  stopped = true;
  await creating;
  const onEmpty = await connectTestRedis(`redis://127.0.0.1:${server.port}`);
  assert.deepEqual(await onEmpty.command("", ["KEYS", "*"]), []);
  await onEmpty.close();
  assert.ok(empty.pid > 0);
});

const strange: ReadonlyArray<[what: string, plant: (redis: Redis) => Promise<unknown>, reason: RegExp]> = [
  [
    "another ledger",
    (redis) => redis.command("", ["HSET", bucketKeys(9).genesis, "ledgerId", "other"]),
    /^1 of 256 buckets: a bucket has ledgerId other where/,
  ],
  [
    "an older epoch",
    (redis) => redis.command("", ["HSET", bucketKeys(9).genesis, "epoch", "0"]),
    /^1 of 256 buckets: its epoch is 0 where 1 was seen: a primary from before a failover is back/,
  ],
  [
    "a lax eviction policy",
    (redis) => redis.command("", ["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]),
    /^256 of 256 buckets: Redis has maxmemory-policy allkeys-lru/,
  ],
];
for (const [what, plant, reason] of strange) {
  test(`${what} after a lost connection closes what it concerns`, async () => {
    await using server = await startRedis({ port: true });
    await using gated = await startGate(server.url);
    await plant(gated.connection);
    await gated.connection.command("", ["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no"]).catch(() => {});
    await eventually(() => assert.match(gated.gate.reasons().join("; "), reason));
  });
}

test("a lost connection to a sound server closes nothing for long, and its functions are loaded again", async () => {
  await using server = await startRedis({ port: true });
  await using gated = await startGate(server.url);
  await gated.connection.command("", ["FUNCTION", "FLUSH"]);
  await server.restart();
  await eventually(() => assert.deepEqual(gated.gate.reasons(), []));
  await eventually(async () => assert.equal((await gated.store.run(createCall("a"))).account.sequence, 1));
  assert.equal(await gated.connection.command("", ["HGET", bucketKeys(1).genesis, "epoch"]), "1");
});

test("a failover raises the epoch once, whoever notices it", async () => {
  await using pair = await startRedisPair();
  await using first = await startGate(pair.primary.url);
  await first.store.run(createCall("a"));
  await eventually(async () =>
    assert.equal(await first.connection.command("", ["WAIT", "1", "1000"]), 1, "the replica has it"),
  );
  await pair.primary.kill();
  await pair.promoteReplica();
  await using second = await startGate(pair.replica.url);
  await using third = await startGate(pair.replica.url);
  const epochs = await Promise.all(
    [0, 100, 255].map((bucket) =>
      third.connection.command("", ["HGET", bucketKeys(bucket).genesis, "epoch"]),
    ),
  );
  assert.deepEqual(epochs, ["2", "2", "2"]);
  assert.equal((await second.store.run(readAccountCall("a"))).account.sequence, 1);
});
