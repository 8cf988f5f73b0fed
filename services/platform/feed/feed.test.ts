import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { waitUntil } from "../testing/eventually.ts";
import { redis, server } from "../testing/shared-redis.ts";
import { isLaterPosition, publishChange } from "./feed.ts";
import { follow, newKey, patientMs } from "./testing/number-feed.ts";

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index));

/** No server comes back in the millisecond in which it published: a change of the same would get the same id again. */
async function passMillisecond(): Promise<void> {
  const serverMs = async () => {
    const [seconds, micros] = await redis.command<[string, string]>("", ["TIME"]);
    return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  };
  const startMs = await serverMs();
  await waitUntil("the server's clock goes on", async () => (await serverMs()) > startMs, patientMs);
}

/** Publishes in order; again and again while Redis does not answer. */
async function publish(key: string, from: number, to: number): Promise<void> {
  for (const data of numbers(from, to)) await publishChange(redis, key, data);
}

async function cutReaders(): Promise<void> {
  const clients = String(await redis.command("", ["CLIENT", "LIST"])).split("\n");
  const blocked = clients.filter((line) => / cmd=xread/.test(line));
  for (const line of blocked)
    await redis.command("", ["CLIENT", "KILL", "ID", /^id=(\d+)/.exec(line)?.[1] ?? ""]).catch(() => {});
}

describe("a reader of a feed", () => {
  test("loads first, then sees every change in order, within a second", async () => {
    const key = newKey();
    await publish(key, 1, 3);
    const { ready, seen, reloads } = follow(key);
    await ready;
    await publish(key, 4, 6);
    await waitUntil("the changes are seen", () => seen.length === 3, patientMs);
    assert.deepEqual(seen, ["4", "5", "6"]);
    assert.equal(reloads(), 1);
    const delays: number[] = [];
    for (let round = 0; round < 10; round++) {
      const count = seen.length;
      const publishedAtMs = performance.now();
      await publishChange(redis, key, "now");
      await waitUntil("it is seen", () => seen.length > count, patientMs);
      delays.push(performance.now() - publishedAtMs);
    }
    assert.ok(Math.min(...delays) < 1_000, `${delays}`);
  });

  test("is not ready, and told nothing, before everything is loaded; what changes meanwhile comes after", async () => {
    const key = newKey();
    const loaded = Promise.withResolvers<void>();
    const { ready, seen, reloads } = follow(key, { reload: () => loaded.promise });
    let isReady = false;
    void ready.then(() => {
      isReady = true;
    });
    await waitUntil("it loads", () => reloads() === 1, patientMs);
    await publish(key, 1, 5);
    assert.deepEqual([seen.length, isReady], [0, false]);
    loaded.resolve();
    await waitUntil("the changes are seen", () => seen.length === 5, patientMs);
    assert.deepEqual(seen, numbers(1, 5));
  });

  test("misses nothing and keeps the order when its connection is cut again and again", async () => {
    const key = newKey();
    const { ready, seen, reloads, errors } = follow(key);
    await ready;
    for (let round = 0; round < 10; round++) {
      await Promise.all([publish(key, round * 100 + 1, round * 100 + 100), cutReaders()]);
    }
    await waitUntil("all are seen", () => seen.length >= 1_000, patientMs);
    assert.deepEqual(seen, numbers(1, 1_000));
    assert.equal(reloads(), 1);
    assert.ok(errors.length > 0, "some connection was cut");
  });

  for (const [how, restart] of [
    ["ends and starts again", () => server.restart()],
    ["is killed and starts again", () => server.kill().then(() => server.restart())],
  ] as const) {
    test(`misses nothing when Redis ${how}`, async () => {
      const key = newKey();
      const { ready, seen, reloads } = follow(key);
      await ready;
      await publish(key, 1, 50);
      await restart();
      await waitUntil(
        "Redis answers",
        () =>
          redis.ping().then(
            () => true,
            () => false,
          ),
        patientMs,
      );
      await publish(key, 51, 100);
      await waitUntil("all are seen", () => seen.length >= 100, patientMs);
      assert.deepEqual(seen, numbers(1, 100));
      assert.equal(reloads(), 1);
    });
  }

  const losses: ReadonlyArray<[what: string, lose: (key: string) => Promise<unknown>]> = [
    ["the feed was trimmed past it", (key) => redis.command(key, ["XTRIM", key, "MAXLEN", "1"])],
    ["Redis came back without the feed", (key) => redis.command(key, ["DEL", key])],
    [
      "Redis came back with an older feed",
      async (key) => {
        const [last] = await redis.command<Array<[string]>>(key, ["XREVRANGE", key, "+", "-", "COUNT", "1"]);
        await redis.command(key, ["DEL", key]);
        await redis.command(key, ["XADD", key, "5-1", "after", "0-0", "data", "old"]);
        assert.ok(isLaterPosition(last![0], "5-1"));
      },
    ],
  ];
  for (const [what, lose] of losses) {
    test(`loads everything anew when ${what}`, async () => {
      const key = newKey();
      const paused = Promise.withResolvers<void>();
      const seen: string[] = [];
      const { ready, reloads } = follow(key, {
        apply: async (changes) => {
          seen.push(...changes.map(({ data }) => data));
          if (seen.includes("1")) await paused.promise;
        },
      });
      await ready;
      await publish(key, 1, 1);
      await waitUntil("the reader is busy with the first", () => seen.length === 1, patientMs);
      await passMillisecond();
      await publish(key, 2, 3);
      await lose(key);
      await publish(key, 4, 5);
      await lose(key);
      await publish(key, 6, 6);
      paused.resolve();
      await waitUntil("it has loaded again", () => reloads() === 2, patientMs);
      await publish(key, 7, 8);
      await waitUntil("it goes on", () => seen.includes("8"), patientMs);
      assert.deepEqual(seen, ["1", "7", "8"]);
    });
  }

  test("loads anew when a connection comes back to a feed that has lost its last changes", async () => {
    const key = newKey();
    const { ready, seen, reloads } = follow(key);
    await ready;
    await publish(key, 1, 3);
    await waitUntil("all are seen", () => seen.length === 3, patientMs);
    await redis.command(key, ["DEL", key]);
    await redis.command(key, ["XADD", key, "5-1", "after", "0-0", "data", "old"]);
    await cutReaders();
    await waitUntil("it has loaded again", () => reloads() === 2, patientMs);
  });

  test("loads anew, later and later, while a callback fails", async () => {
    const key = newKey();
    let broken = true;
    const seen: string[] = [];
    const { ready, reloads, errors } = follow(key, {
      apply: async (changes) => {
        if (broken) throw new Error("broken");
        seen.push(...changes.map(({ data }) => data));
      },
      reload: async () => {
        if (reloads() === 2) throw new Error("broken too");
      },
    });
    await ready;
    await publish(key, 1, 1);
    await waitUntil("it has loaded again", () => reloads() === 3, patientMs);
    assert.match(String(errors), /Error: broken,Error: broken too/);
    broken = false;
    await publish(key, 2, 2);
    await waitUntil("it goes on", () => seen.at(-1) === "2", patientMs);
  });

  test("stops during a load, which it tells, and while Redis is down", async () => {
    const key = newKey();
    let told = false;
    const reader = follow(key, {
      reload: (signal) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            told = true;
            resolve();
          });
        }),
    });
    await waitUntil("it loads", () => reader.reloads() === 1, patientMs);
    await reader.stop();
    assert.ok(told);

    const following = follow(key);
    await following.ready;
    await server.kill();
    const late = follow(key);
    await waitUntil("the reader has noticed", () => following.errors.length > 0, patientMs);
    await Promise.all([following.stop(), late.stop()]);
    assert.equal(late.reloads(), 0);
    await server.restart();
    await waitUntil(
      "Redis answers",
      () =>
        redis.ping().then(
          () => true,
          () => false,
        ),
      patientMs,
    );
  });

  test("leaves no connection behind", async () => {
    const count = async () =>
      String(await redis.command("", ["CLIENT", "LIST"]))
        .trim()
        .split("\n").length;
    // Earlier readers that were stopped while Redis was down close theirs when it is back.
    await waitUntil("only the publisher is connected", async () => (await count()) === 1, patientMs);
    const { ready, stop } = follow(newKey());
    await ready;
    assert.equal(await count(), 2);
    await stop();
    await waitUntil("only the publisher is connected", async () => (await count()) === 1, patientMs);
  });
});
