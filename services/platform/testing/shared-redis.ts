/**
 * A Redis for all tests of a file, and a connection to it. Whoever imports this gets both before the first of its tests;
 * they end after the last.
 */
import { after, before } from "node:test";
import { connectRedis, type Redis } from "../redis/redis.ts";
import { startRedis, type TestRedis } from "./redis-server.ts";

export let server: TestRedis;
export let redis: Redis;

before(async () => {
  server = await startRedis();
  redis = await connectRedis({ urls: [server.url], name: "test" });
});

after(async () => {
  await redis?.close();
  await server?.stop();
});
