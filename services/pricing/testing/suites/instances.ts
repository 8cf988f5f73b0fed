import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { eventually } from "#platform/testing/eventually.ts";
import { startRedis } from "#platform/testing/redis-server.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { calculatePrice } from "../../domain/engine/calculate-price.ts";
import { costOf, here, newPrice, redis, there } from "../pricing-pair.ts";
import { usageOf } from "../terms.ts";
import { refusal, startTestPricing } from "../test-pricing.ts";
import { unitTerms } from "../unit-terms.ts";

describe("another instance", () => {
  test("sees a change", async () => {
    const { priceId } = await newPrice("1");
    await eventually(async () => assert.equal((await costOf(priceId, { from: there })).exactTotal, "10"));
    await here.client.updatePrice({ priceId, configVersion: 1n, terms: unitTerms("2") });
    await eventually(async () => assert.equal((await costOf(priceId, { from: there })).exactTotal, "20"));
  });

  test("prices by a version that it has not heard of yet", async () => {
    const { priceId, price } = await newPrice("1");
    const selector = { case: "priceVersion" as const, value: price.version?.priceVersion ?? "" };
    const { priced } = await there.client.calculatePrice({
      usage: { priceId, quantities: { units: "3" } },
      selector,
    });
    assert.equal(priced?.exactTotal, "3");
  });
});

test("a restart finds everything as it was, and begins no catalogue anew", async () => {
  const { priceId, price } = await newPrice("1");
  await here.client.updatePrice({ priceId, configVersion: price.configVersion, terms: unitTerms("6") });
  await here.client.archivePrice({ priceId: "openai/gpt-4o-mini" });
  const later = await startTestPricing(redis);
  try {
    assert.equal((await costOf(priceId, { from: later })).exactTotal, "60");
    const usage = { priceId: "openai/gpt-4o-mini", quantities: { input_tokens: "1" } };
    assert.equal((await refusal(later.client.calculatePrice({ usage }))).reason, "PRICE_ARCHIVED");
    const selector = { case: "priceVersion" as const, value: price.version?.priceVersion ?? "" };
    const { priced } = await later.client.calculatePrice({
      usage: { priceId, quantities: { units: "1" } },
      selector,
    });
    assert.equal(priced?.exactTotal, "1");
  } finally {
    await later.stop();
  }
});

test("bundled prices that are too old are refused, not charged; by version they go on", async () => {
  const strict = await startTestPricing(redis, { allowBundled: false });
  try {
    const usage = { priceId: "openai/gpt-4o", quantities: { input_tokens: "1000" } };
    const error = await refusal(strict.client.calculatePrice({ usage }));
    assert.deepEqual(
      [error.reason, error.facts],
      ["PRICE_STALE", { price_id: "openai/gpt-4o", date: "2026-08-06" }],
    );
    const { price } = await strict.client.getPrice({ priceId: "openai/gpt-4o" });
    const selector = { case: "priceVersion" as const, value: price?.version?.priceVersion ?? "" };
    const { priced } = await strict.client.calculatePrice({ usage, selector });
    assert.equal(priced?.exactTotal, "0.0025");
  } finally {
    await strict.stop();
  }
});

test("pricing itself asks Redis for nothing", async () => {
  const own = await startRedis();
  const ownRedis = await connectTestRedis(own.url);
  const pricing = await startTestPricing(ownRedis);
  try {
    await own.kill();
    assert.equal(
      (await refusal(pricing.client.getPrice({ priceId: "openai/gpt-4o" }))).reason,
      "STORE_UNAVAILABLE",
    );
    const selector = { kind: "book", priceBook: "", atMs: Date.now() } as const;
    const selected = pricing.catalogue.trySelect("openai/gpt-4o", selector);
    assert.ok(selected);
    const usage = usageOf({ input_tokens: 1_000 }, { priceId: "openai/gpt-4o" });
    assert.equal(calculatePrice(selected.terms.terms, usage, selected.stages).total.toString(), "0.0025");
  } finally {
    await pricing.stop();
    await ownRedis.close();
    await own.stop();
  }
});
