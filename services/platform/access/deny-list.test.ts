import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import type { Redis } from "../redis/redis.ts";
import { startRedis, type TestRedis } from "../testing/redis-server.ts";
import { connectTestRedis } from "../testing/test-redis.ts";
import { createDenyList } from "./deny-list.ts";

const key = "{access}:revoked";
const hourMs = 3_600_000;

let server: TestRedis;
let redis: Redis;

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
});

beforeEach(async () => {
  await redis.command(key, ["DEL", key]);
});

after(async () => {
  await redis?.close();
  await server?.stop();
});

const revoked = { reason: "TOKEN_REVOKED" };

describe("the deny-list", () => {
  test("one instance sees within a second what another one revoked", async (context) => {
    context.mock.timers.enable({ apis: ["Date"], now: Date.now() });
    const [here, there] = [createDenyList(redis), createDenyList(redis)];
    await there.check("a");
    await here.revoke("a", Date.now() + hourMs);
    context.mock.timers.tick(999);
    await there.check("a");
    context.mock.timers.tick(1);
    await assert.rejects(async () => there.check("a"), revoked);
    await there.check("b");
  });

  test("a fresh copy answers without Redis", async (context) => {
    context.mock.timers.enable({ apis: ["Date"], now: Date.now() });
    const commands: string[] = [];
    const counting: Redis = {
      ...redis,
      command: (routingKey, args) => {
        commands.push(String(args[0]));
        return redis.command(routingKey, args);
      },
    };
    const denyList = createDenyList(counting);
    await Promise.all(Array.from({ length: 50 }, (_, index) => denyList.check(`t${index}`)));
    for (let index = 0; index < 50; index++) await denyList.check(`t${index}`);
    assert.deepEqual(commands, ["ZRANGE"]);
  });

  test("a token without an id costs nothing and passes", () => {
    assert.equal(createDenyList(redis).check(undefined), undefined);
  });

  test("a token that clocks let pass a little after its expiry is still refused", async () => {
    const denyList = createDenyList(redis);
    await denyList.revoke("late", Date.now() - 4_000);
    await assert.rejects(async () => denyList.check("late"), revoked);
  });

  test("refuses at once what it revoked itself, also when its copy was being read", async () => {
    const denyList = createDenyList(redis);
    const reading = denyList.check("other");
    await denyList.revoke("own", Date.now() + hourMs);
    await reading;
    await assert.rejects(async () => denyList.check("own"), revoked);
  });

  test("a second revocation is told as such and never shortens the first", async () => {
    const denyList = createDenyList(redis);
    const endsAtMs = Date.now() + hourMs;
    const first = await denyList.revoke("twice", endsAtMs);
    const second = await denyList.revoke("twice", endsAtMs - 1_000);
    assert.deepEqual([first.revokedBefore, second.revokedBefore], [false, true]);
    assert.ok(first.untilMs > endsAtMs);
    assert.equal(second.untilMs, first.untilMs);
  });

  test("entries long expired are dropped from Redis and from the copy", async () => {
    const denyList = createDenyList(redis);
    await redis.command(key, ["ZADD", key, String(Date.now() - 2 * hourMs), "old"]);
    await denyList.check("old");
    await denyList.revoke("new", Date.now() + hourMs);
    assert.deepEqual(await redis.command(key, ["ZRANGE", key, "0", "-1"]), ["new"]);
  });

  test("more revocations than the copy holds are refused all the same", async () => {
    const expiresAtMs = Date.now() + hourMs;
    for (let start = 0; start < 100_050; start += 10_005) {
      const members = Array.from({ length: 10_005 }, (_, index) => [
        String(expiresAtMs + start + index),
        `t${start + index}`,
      ]);
      await redis.command(key, ["ZADD", key, ...members.flat()]);
    }
    const denyList = createDenyList(redis);
    for (const token of ["t0", "t99999", "t100049"])
      await assert.rejects(async () => denyList.check(token), revoked);
    await denyList.check("t100050");
  });
});

test("without Redis a call is refused, not let in", async () => {
  await using own = await startRedis();
  const ownRedis = await connectTestRedis(own.url);
  try {
    const denyList = createDenyList(ownRedis);
    await own.kill();
    await assert.rejects(async () => denyList.check("a"), { reason: "STORE_UNAVAILABLE" });
  } finally {
    await ownRedis.close();
  }
});
