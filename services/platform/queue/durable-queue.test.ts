import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { after, before, beforeEach, describe, test } from "node:test";
import { connectRedis, type Redis } from "../redis/redis.ts";
import { createScript, runScript } from "../redis/script.ts";
import { waitUntil } from "../testing/eventually.ts";
import { startRedis, type TestRedis } from "../testing/redis-server.ts";
import { type DurableQueue, openQueue, type QueueOptions, QueueRefusal } from "./durable-queue.ts";

let server: TestRedis;
let redis: Redis;
before(async () => {
  server = await startRedis();
  redis = await connectRedis({ urls: [server.url], name: "test" });
});
after(async () => {
  await redis?.close();
  await server?.stop();
});

let number = 0;
let prefix = "";
let queue: DurableQueue;
const open = (options: Partial<QueueOptions> = {}) => openQueue({ redis, prefix, ...options });
beforeEach(() => {
  prefix = `{test:${number++}}:jobs`;
  queue = open();
});

/** Makes what waits, or is leased, due now, as if the time had passed. */
async function letTimePass(key: "waiting" | "leased"): Promise<void> {
  for (const id of await redis.command<string[]>(prefix, ["ZRANGE", `${prefix}:${key}`, "0", "-1"])) {
    await redis.command(prefix, ["ZADD", `${prefix}:${key}`, "1", id]);
  }
}

async function claimOne(from = queue, leaseMs = 60_000) {
  const { deliveries } = await from.claim(1, leaseMs);
  assert.equal(deliveries.length, 1);
  return deliveries[0]!;
}

test("a message is delivered with its id and payload, and gone once complete", async () => {
  const payload = JSON.stringify({ text: "grüße\n\0" });
  const { id, isNew } = await queue.enqueue({ payload });
  assert.equal(isNew, true);
  const delivery = await claimOne();
  assert.deepEqual([delivery.id, delivery.payload, delivery.attempt, delivery.delivery], [id, payload, 1, 1]);
  assert.ok(Math.abs(Date.now() - delivery.enqueuedMs) < 60_000);
  assert.deepEqual((await queue.claim(10, 60_000)).deliveries, []);
  assert.equal(await queue.complete(delivery), true);
  const keys = await redis.command<string[]>(prefix, ["KEYS", `${prefix}:*`]);
  assert.deepEqual(keys, []);
});

test("a message of an id that the queue holds is not put again, whatever state it is in", async () => {
  const message = { id: "m1", payload: "first" };
  const again = async () => (await queue.enqueue({ ...message, payload: "second" })).isNew;
  assert.equal((await queue.enqueue(message)).isNew, true);
  assert.equal(await again(), false);
  const delivery = await claimOne();
  assert.equal(await again(), false);
  await queue.bury(delivery, "no");
  assert.equal(await again(), false);
  await queue.redeliver(["m1"]);
  const redelivered = await claimOne();
  assert.equal(redelivered.payload, "first");
  await queue.complete(redelivered);
  assert.equal(await again(), true);
});

test("messages come in the order in which they are due, delayed ones not before", async () => {
  await queue.enqueue({ id: "late", payload: "", delayMs: 3_600_000 });
  await queue.enqueue({ id: "now", payload: "" });
  const { deliveries, nextDueMs } = await queue.claim(10, 60_000);
  assert.deepEqual(
    deliveries.map(({ id }) => id),
    ["now"],
  );
  assert.ok(nextDueMs !== undefined && nextDueMs > 50_000 && nextDueMs <= 60_000, "the end of the lease");
  await queue.complete(deliveries[0]!);
  const waiting = await queue.claim(10, 60_000);
  assert.ok(waiting.nextDueMs! > 3_500_000 && waiting.nextDueMs! <= 3_600_000);
  await letTimePass("waiting");
  assert.equal((await claimOne()).id, "late");
});

test("an empty queue says that nothing is due", async () => {
  assert.deepEqual(await queue.claim(10, 60_000), { deliveries: [], nextDueMs: undefined });
});

describe("leases", () => {
  test("a message whose lease ended comes again, and its first holder can no longer end it", async () => {
    await queue.enqueue({ id: "m1", payload: "x" });
    const first = await claimOne();
    await letTimePass("leased");
    const second = await claimOne();
    assert.deepEqual([second.id, second.attempt, second.delivery], ["m1", 2, 2]);
    assert.equal(await queue.complete(first), false);
    assert.equal(await queue.fail(first, "late", 0), "LOST");
    assert.equal(await queue.bury(first, "late"), "LOST");
    assert.equal(await queue.release(first), "LOST");
    assert.equal((await queue.stats()).leased, 1);
    assert.equal(await queue.complete(second), true);
  });

  test("a completed message cannot be ended again", async () => {
    await queue.enqueue({ payload: "x" });
    const delivery = await claimOne();
    assert.equal(await queue.complete(delivery), true);
    assert.equal(await queue.complete(delivery), false);
    assert.equal(await queue.fail(delivery, "no", 0), "LOST");
  });

  test("the server's time ends a lease", async () => {
    await queue.enqueue({ payload: "x" });
    await claimOne(queue, 30);
    await waitUntil("it comes again", async () => (await queue.claim(1, 60_000)).deliveries.length === 1);
  });

  test("a message that is given back has lost no attempt", async () => {
    await queue.enqueue({ payload: "x" });
    const first = await claimOne();
    assert.equal(await queue.release(first), "WAITING");
    const second = await claimOne();
    assert.deepEqual([second.attempt, second.delivery], [1, 2]);
  });
});

describe("failures", () => {
  test("a failed message waits as long as asked, then comes with its next attempt", async () => {
    await queue.enqueue({ payload: "x" });
    assert.equal(await queue.fail(await claimOne(), "refused", 3_600_000), "WAITING");
    assert.deepEqual((await queue.claim(1, 60_000)).deliveries, []);
    assert.equal((await queue.stats()).delayed, 1);
    await letTimePass("waiting");
    assert.equal((await claimOne()).attempt, 2);
  });

  test("after its last attempt a message is a dead letter with the last reason", async () => {
    queue = open({ maxAttempts: 3 });
    await queue.enqueue({ id: "m1", payload: "data" });
    const outcomes: string[] = [];
    for (let attempt = 1; attempt <= 3; attempt++) {
      outcomes.push(await queue.fail(await claimOne(), `fault ${attempt}`, 0));
    }
    assert.deepEqual(outcomes, ["WAITING", "WAITING", "DEAD"]);
    assert.deepEqual((await queue.claim(1, 60_000)).deliveries, []);
    const [letter] = await queue.listDeadLetters(10);
    assert.deepEqual(
      [letter?.id, letter?.attempts, letter?.reason, letter?.payload],
      ["m1", 3, "fault 3", "data"],
    );
  });

  test("workers that are killed at each attempt make a dead letter too", async () => {
    queue = open({ maxAttempts: 2 });
    await queue.enqueue({ payload: "poison" });
    for (let attempt = 1; attempt <= 2; attempt++) {
      assert.equal((await claimOne()).attempt, attempt);
      await letTimePass("leased");
    }
    assert.deepEqual((await queue.claim(1, 60_000)).deliveries, []);
    const [letter] = await queue.listDeadLetters(10);
    assert.match(letter?.reason ?? "", /ended or stalled/);
  });

  test("a buried message is dead at its first attempt", async () => {
    await queue.enqueue({ payload: "x" });
    assert.equal(await queue.bury(await claimOne(), "gone"), "DEAD");
    assert.equal((await queue.stats()).dead, 1);
  });
});

describe("dead letters", () => {
  async function die(count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, (_, index) => `m${String(index).padStart(3, "0")}`);
    for (const id of ids) {
      await queue.enqueue({ id, payload: id });
      await queue.bury(await claimOne(), "no");
    }
    return ids;
  }

  test("are listed page by page, the longest dead first, and none is missed when one leaves meanwhile", async () => {
    const ids = await die(25);
    const first = await queue.listDeadLetters(10);
    const second = await queue.listDeadLetters(10, first.at(-1));
    assert.deepEqual(
      [...first, ...second].map(({ id }) => id),
      ids.slice(0, 20),
    );
    await queue.redeliver([second.at(-1)!.id]);
    const rest = (await queue.listDeadLetters(10, second.at(-1))).map(({ id }) => id);
    assert.deepEqual(rest.slice(-5), ids.slice(20));
  });

  test("are delivered again with all their attempts", async () => {
    queue = open({ maxAttempts: 2 });
    await queue.enqueue({ id: "m1", payload: "data" });
    await queue.fail(await claimOne(), "no", 0);
    await queue.fail(await claimOne(), "no", 0);
    assert.equal(await queue.redeliver(["m1", "unknown"]), 1);
    assert.equal(await queue.redeliver(["m1"]), 0);
    const delivery = await claimOne();
    assert.deepEqual([delivery.attempt, delivery.delivery, delivery.payload], [1, 3, "data"]);
    assert.equal(await queue.fail(delivery, "no", 0), "WAITING");
    assert.deepEqual(await queue.listDeadLetters(10), []);
  });

  test("beyond the bound the oldest are dropped and counted", async () => {
    queue = open({ maxDeadLetters: 3 });
    const ids = await die(5);
    assert.deepEqual(
      (await queue.listDeadLetters(10)).map(({ id }) => id),
      ids.slice(2),
    );
    const { dead, dropped } = await queue.stats();
    assert.deepEqual([dead, dropped], [3, 2]);
    assert.equal(await redis.command(prefix, ["HLEN", `${prefix}:payloads`]), 3);
  });
});

describe("bounds", () => {
  test("a full queue refuses, and dead letters leave room", async () => {
    queue = open({ maxLength: 2 });
    await queue.enqueue({ id: "a", payload: "" });
    await queue.enqueue({ id: "b", payload: "" });
    await assert.rejects(queue.enqueue({ id: "c", payload: "" }), { name: "QueueRefusal", reason: "FULL" });
    const delivery = await claimOne();
    await assert.rejects(queue.enqueue({ id: "c", payload: "" }), { reason: "FULL" });
    await queue.bury(delivery, "no");
    assert.equal((await queue.enqueue({ id: "c", payload: "" })).isNew, true);
    assert.equal(await queue.redeliver([delivery.id]), 0);
    assert.equal((await queue.stats()).dead, 1);
  });

  test("a payload exactly as large as allowed is put, one byte more is not", async () => {
    queue = open({ maxPayloadBytes: 4 });
    await queue.enqueue({ payload: "éé" });
    await assert.rejects(queue.enqueue({ payload: "ééx" }), (error) => error instanceof QueueRefusal);
    assert.equal((await queue.stats()).due, 1);
  });

  const wrong: ReadonlyArray<[name: string, message: { id?: string; delayMs?: number }]> = [
    ["an empty id", { id: "" }],
    ["a long id", { id: "x".repeat(129) }],
    ["a negative delay", { delayMs: -1 }],
    ["a delay that is no number", { delayMs: Number.NaN }],
    ["an endless delay", { delayMs: Number.POSITIVE_INFINITY }],
  ];
  for (const [name, message] of wrong) {
    test(`${name} is refused`, async () => {
      await assert.rejects(queue.enqueue({ payload: "", ...message }), RangeError);
    });
  }

  test("a prefix without a hash tag is refused", () => {
    for (const bad of ["jobs", "{}jobs", "}{jobs"]) {
      assert.throws(() => openQueue({ redis, prefix: bad }), RangeError);
    }
  });
});

test("a paused queue delivers nothing, takes messages, and goes on after resume", async () => {
  await queue.enqueue({ id: "a", payload: "" });
  const delivery = await claimOne();
  await queue.pause();
  await queue.enqueue({ id: "b", payload: "" });
  assert.deepEqual((await queue.claim(10, 60_000)).deliveries, []);
  assert.equal((await queue.stats()).isPaused, true);
  assert.equal(await queue.complete(delivery), true);
  await queue.resume();
  assert.equal((await claimOne()).id, "b");
});

test("stats count every state", async () => {
  for (const id of ["a", "b", "c", "d"]) await queue.enqueue({ id, payload: "" });
  await queue.enqueue({ id: "later", payload: "", delayMs: 60_000 });
  await queue.bury(await claimOne(), "no");
  await claimOne();
  const { longestDueMs, ...counts } = await queue.stats();
  assert.deepEqual(counts, { due: 2, delayed: 1, leased: 1, dead: 1, dropped: 0, isPaused: false });
  assert.ok(longestDueMs >= 0 && longestDueMs < 60_000);
});

describe("enqueueing within another script", () => {
  /** Counts up and sends the new count, or does neither. */
  const script = () =>
    createScript(
      "write",
      queue.embedded.lua,
      `local queue, message = queue_at(KEYS, 2), queue_message(ARGV, 1)
       local refusal = queue_refusal(queue, message)
       if refusal then return refusal end
       message.payload = 'count is ' .. redis.call('INCR', KEYS[1])
       queue_put(queue, message, queue_now_ms())
       return 'OK'`,
    );
  const run = (id: string) => {
    const { keys, arguments: argumentsOf } = queue.embedded;
    return runScript(redis, script(), [`${prefix}:count`, ...keys], argumentsOf({ id, payload: "" }));
  };

  test("effect and message are one write", async () => {
    assert.equal(await run("m1"), "OK");
    assert.equal((await claimOne()).payload, "count is 1");
  });

  test("a refusal leaves the effect out", async () => {
    queue = open({ maxLength: 1 });
    assert.deepEqual([await run("m1"), await run("m1"), await run("m2")], ["OK", "DUPLICATE", "FULL"]);
    assert.equal(await redis.command(prefix, ["GET", `${prefix}:count`]), "1");
  });

  for (const key of ["payloads", "records", "waiting", "leased"]) {
    test(`a damaged key ${key} leaves the effect out`, async () => {
      await redis.command(prefix, ["SET", `${prefix}:${key}`, "damaged"]);
      await assert.rejects(run("m1"), /WRONGTYPE/);
      assert.equal(await redis.command(prefix, ["EXISTS", `${prefix}:count`]), 0);
    });
  }
});

test("many claims at once give each message to one of them", async () => {
  const ids = Array.from({ length: 300 }, (_, index) => `m${index}`);
  await Promise.all(ids.map((id) => queue.enqueue({ id, payload: "" })));
  const claims = await Promise.all(Array.from({ length: 40 }, () => queue.claim(10, 60_000)));
  const claimed = claims.flatMap(({ deliveries }) => deliveries.map(({ id }) => id));
  assert.deepEqual(claimed.toSorted(), ids.toSorted());
});

test("a full memory refuses new messages, and those there are can still be handled", async () => {
  await using small = await startRedis({ settings: { maxmemory: "3mb" } });
  const connection = await connectRedis({ urls: [small.url], name: "test" });
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
  const connection = await connectRedis({ urls: [own.url], name: "test" });
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
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const busPort = (probe.address() as AddressInfo).port;
  await new Promise((resolve) => probe.close(resolve));
  const settings = {
    "cluster-enabled": "yes",
    "cluster-port": String(busPort),
    "cluster-announce-ip": "127.0.0.1",
  };
  await using node = await startRedis({ port: true, settings });
  const single = await connectRedis({ urls: [node.url], name: "test" });
  await single.command("", ["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
  await waitUntil("the cluster is up", async () =>
    String(await single.command("", ["CLUSTER", "INFO"])).includes("cluster_state:ok"),
  );
  await single.close();
  const cluster = await connectRedis({ urls: [node.url], cluster: true, name: "test" });
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
