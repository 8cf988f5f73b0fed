/** A Pricing with the bundled prices that several suites ask. */
import { after, before } from "node:test";
import type { Redis } from "#platform/redis/redis.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { startTestPricing, type TestPricing } from "./test-pricing.ts";

let server: TestRedis;
let redis: Redis;
let pricing: TestPricing;
export let client: TestPricing["client"];

before(async () => {
  server = await startRedis();
  // On a busy machine this process alone may keep a reply waiting for seconds.
  redis = await connectTestRedis(server.url);
  pricing = await startTestPricing(redis);
  client = pricing.client;
});

after(async () => {
  await pricing?.stop();
  await redis?.close();
  await server?.stop();
});

export const chat = (inputTokens: number, outputTokens: number) => ({
  priceId: "openai/gpt-4o",
  quantities: { input_tokens: String(inputTokens), output_tokens: String(outputTokens) },
});
