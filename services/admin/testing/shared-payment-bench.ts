/**
 * A payment bench on a Redis of its own for all tests of a file: whoever imports this gets it before the first of its
 * tests; it ends after the last.
 */
import { after, before } from "node:test";
import type { Redis } from "#platform/redis/redis.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { createPaymentBench, type PaymentBench } from "./payment-bench.ts";

export let bench: PaymentBench;

let server: TestRedis;
let redis: Redis;

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
  bench = createPaymentBench(redis);
});

after(async () => {
  await redis?.close();
  await server?.stop();
});
