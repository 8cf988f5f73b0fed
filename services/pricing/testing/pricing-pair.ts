/** Two instances of Pricing that several suites change, with prices and books of their own. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Redis } from "#platform/redis/redis.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { startTestPricing, type TestPricing } from "./test-pricing.ts";
import { unitTerms } from "./unit-terms.ts";

let server: TestRedis;
export let redis: Redis;
export let here: TestPricing;
export let there: TestPricing;
export const bookUsers = {
  usedBook: "",
  down: false,
  hasAccountsOf: async (priceBook: string) => priceBook === bookUsers.usedBook,
};

before(async () => {
  server = await startRedis();
  // On a busy machine this process alone may keep a reply waiting for seconds.
  redis = await connectTestRedis(server.url);
  [here, there] = await Promise.all([
    startTestPricing(redis, { bookUsers }),
    startTestPricing(redis, { bookUsers }),
  ]);
});

after(async () => {
  await Promise.all([here?.stop(), there?.stop()]);
  await redis?.close();
  await server?.stop();
});

let prices = 0;
/** A price of its own for a test. */
export async function newPrice(unitAmount = "1", others: object = {}) {
  const priceId = `test/price-${++prices}`;
  const { price } = await here.client.createPrice({ priceId, terms: unitTerms(unitAmount), ...others });
  assert.ok(price);
  return { priceId, price };
}
let books = 0;
export async function newBook(settings: object = {}) {
  const priceBook = `book-${++books}`;
  const { book } = await here.client.createPriceBook({ priceBook, ...settings });
  assert.ok(book);
  return { priceBook, book };
}
/** What 10 units cost. */
export async function costOf(
  priceId: string,
  { priceBook = "", atMs = undefined as number | undefined, from = here } = {},
) {
  const { priced } = await from.client.calculatePrice({
    usage: {
      priceId,
      quantities: { units: "10" },
      ...(atMs === undefined ? {} : { at: timestampFromMs(atMs) }),
    },
    selector: { case: "priceBook", value: priceBook },
  });
  assert.ok(priced);
  return priced;
}
export const day = 86_400_000;
