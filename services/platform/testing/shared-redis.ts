/**
 * A Redis for all tests of a file, and a connection to it. Whoever imports this gets both before the first of its tests;
 * they end after the last.
 */
import { after, before } from "node:test";
import type { Redis } from "../redis/redis.ts";
import { startRedis, type TestRedis } from "./redis-server.ts";
import { connectTestRedis } from "./test-redis.ts";

export let server: TestRedis;
export let redis: Redis;

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
});

after(async () => {
  await redis?.close();
  await server?.stop();
});
