import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Redis } from "#platform/redis/redis.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { servicesWith, startTestDoor, testAdminKey } from "../../testing/test-door.ts";

let server: TestRedis;
let redis: Redis;
let door: Awaited<ReturnType<typeof startTestDoor>>;
let running = 0;
let finish = Promise.withResolvers<void>();

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
  const services = servicesWith(async () => {
    running += 1;
    await finish.promise;
    running -= 1;
    return {};
  });
  door = await startTestDoor({ redis, services });
});

after(async () => {
  await door?.drain();
  await redis?.close();
  await server?.stop();
});

const credit = (account: string, key: string) =>
  door.app.inject({
    method: "POST",
    url: `/admin/accounts/${account}/credit`,
    headers: { "x-admin-key": testAdminKey, "idempotency-key": key },
    payload: { amount: { currencyCode: "USD", amount: "5" }, source: "admin" },
  });

test("a request whose key is in use by the same call waits its turn by 409; others do not", async () => {
  const first = credit("alice", "k");
  await eventually(() => assert.equal(running, 1));
  const second = await credit("alice", "k");
  assert.equal(second.statusCode, 409);
  assert.equal(second.json().reason, "REQUEST_IN_PROGRESS");
  assert.equal(second.headers["retry-after"], "1");
  const others = [credit("bob", "k"), credit("alice", "k2")];
  await eventually(() => assert.equal(running, 3));
  finish.resolve();
  for (const response of await Promise.all([first, ...others])) assert.equal(response.statusCode, 200);
  finish = Promise.withResolvers<void>();
  finish.resolve();
  assert.equal((await credit("alice", "k")).statusCode, 200);
});

test("nothing of it is left in the store", async () => {
  finish.resolve();
  await credit("carol", "k");
  assert.deepEqual(await redis.command("{admin}", ["KEYS", "{admin}:request:*"]), []);
});
