import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createScript, runScript } from "../redis/script.ts";
import { waitUntil } from "../testing/eventually.ts";
import { redis } from "../testing/shared-redis.ts";
import { openQueue, QueueRefusal } from "./durable-queue.ts";
import { claimOne, letTimePass, prefix, queue, reopen } from "./testing/test-queue.ts";

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

describe("bounds", () => {
  test("a full queue refuses, and dead letters leave room", async () => {
    reopen({ maxLength: 2 });
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
    reopen({ maxPayloadBytes: 4 });
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
    reopen({ maxLength: 1 });
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
