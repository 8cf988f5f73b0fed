import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { redis } from "../testing/shared-redis.ts";
import { claimOne, letTimePass, prefix, queue, reopen } from "./testing/test-queue.ts";

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
    reopen({ maxAttempts: 3 });
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
    reopen({ maxAttempts: 2 });
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
    reopen({ maxAttempts: 2 });
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
    reopen({ maxDeadLetters: 3 });
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
