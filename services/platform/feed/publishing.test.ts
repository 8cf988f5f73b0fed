import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createScript, runScript } from "../redis/script.ts";
import { waitUntil } from "../testing/eventually.ts";
import { redis } from "../testing/shared-redis.ts";
import { feedLua, greatestChangeBytes, isLaterPosition, publishChange, readFeedPosition } from "./feed.ts";
import { follow, newKey, patientMs } from "./testing/number-feed.ts";

describe("publishing", () => {
  const changing = createScript(
    "write",
    feedLua,
    `local before = feed_position(KEYS[2])
     redis.call('INCR', KEYS[1])
     return feed_publish(KEYS[2], before, ARGV[1])`,
  );

  test("in the script of the change tells of it", async () => {
    const key = newKey();
    const { ready, seen } = follow(key);
    await ready;
    await runScript(redis, changing, ["{test}:changed", key], ["changed"]);
    await waitUntil("it is seen", () => seen.length === 1, patientMs);
    assert.equal(await readFeedPosition(redis, key), (await lastEntry(key))[0]);
  });

  test("on a key of another type fails before the change", async () => {
    const key = newKey();
    await redis.command(key, ["SET", key, "text"]);
    await assert.rejects(runScript(redis, changing, ["{test}:unchanged", key], ["changed"]), /WRONGTYPE/);
    assert.equal(await redis.command("{test}:unchanged", ["EXISTS", "{test}:unchanged"]), 0);
  });

  test("keeps a bounded number of changes", async () => {
    const key = newKey();
    const many = createScript(
      "write",
      feedLua,
      "for _ = 1, 10000 do feed_publish(KEYS[1], feed_position(KEYS[1]), ARGV[1]) end",
    );
    await runScript(redis, many, [key], ["change"]);
    const kept = await redis.command<number>(key, ["XLEN", key]);
    assert.ok(kept >= 4_096 && kept <= 4_096 + 200, `${kept}`);
  });

  test("refuses a change that is too large", async () => {
    const key = newKey();
    await publishChange(redis, key, "x".repeat(greatestChangeBytes));
    await assert.rejects(publishChange(redis, key, "ü".repeat(greatestChangeBytes / 2 + 1)), RangeError);
    assert.equal(await redis.command(key, ["XLEN", key]), 1);
  });

  async function lastEntry(key: string): Promise<[string]> {
    const [entry] = await redis.command<Array<[string]>>(key, ["XREVRANGE", key, "+", "-", "COUNT", "1"]);
    return entry!;
  }
});

const positions: ReadonlyArray<[a: string, b: string, later: boolean]> = [
  ["2-0", "1-9", true],
  ["1-10", "1-9", true],
  ["1-9", "1-9", false],
  ["1-9", "1-10", false],
  ["10-0", "9-0", true],
  ["0-0", "1-0", false],
];
for (const [a, b, later] of positions) {
  test(`position ${a} is ${later ? "" : "not "}later than ${b}`, () =>
    assert.equal(isLaterPosition(a, b), later));
}
