import assert from "node:assert/strict";
import { test } from "node:test";
import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ImportState } from "#gen/billing/pricing/v1/price_import_pb.ts";
import { FeedFormat } from "#gen/billing/pricing/v1/price_source_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { startRedis } from "#platform/testing/redis-server.ts";
import { testSecret, testToken } from "#platform/testing/service.ts";
import { startServiceProcess } from "#platform/testing/service-process.ts";
import { readLitellmFixture } from "./testing/litellm-list.ts";

const priceCount = 2_859;

/** Pricing in a process of its own. */
async function startProcess(redisUrl: string, token: string) {
  const child = startServiceProcess("pricing", {
    PRICING_PORT: "0",
    JWT_SECRET: testSecret,
    REDIS_URL: redisUrl,
  });
  const baseUrl = `http://127.0.0.1:${await child.port()}`;
  const client: Client<typeof PricingService> = createClient(
    PricingService,
    createGrpcTransport({
      baseUrl,
      interceptors: [
        (next) => (request) => {
          request.header.set("authorization", `Bearer ${token}`);
          return next(request);
        },
      ],
    }),
  );
  return { client, child };
}

/** How many prices the source has, and how far the import is. */
async function look(client: Client<typeof PricingService>, importId: string) {
  const { source } = await client.getPriceSource({ sourceId: "litellm" });
  const { import: found } = await client.getImport({ importId, pageSize: 1 });
  return { prices: source?.status?.priceCount, state: found?.state };
}

test("kill -9 at any moment of an import of 2,859 prices leaves the old or the new catalogue", async () => {
  await using redis = await startRedis();
  const token = await testToken({ scopes: ["pricing.read", "pricing.manage", "pricing.calculate"] });
  let instance = await startProcess(redis.url, token);
  let importId = "";
  try {
    await instance.client.createPriceSource({
      sourceId: "litellm",
      settings: {
        format: FeedFormat.LITELLM,
        location: { case: "upload", value: {} },
        priceIdPrefix: "litellm/",
      },
    });
    const { import: previewed } = await instance.client.previewImport({
      sourceId: "litellm",
      content: readLitellmFixture(),
    });
    importId = previewed?.importId ?? "";
    const ends = { old: 0, whole: 0 };
    // Time itself is what is tried: each kill comes later, until one comes after the end.
    for (let waitMs = 0; ends.whole === 0; waitMs = 1.4 * waitMs + 100) {
      assert.ok(waitMs < 240_000, "it never came to its end");
      const applying = instance.client
        .applyImport({ importId, selection: { case: "all", value: {} }, approveHeld: true })
        .catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      instance.child.signal("SIGKILL");
      await instance.child.waitForExit();
      await applying;
      instance = await startProcess(redis.url, token);
      const { prices, state } = await look(instance.client, importId);
      if (state === ImportState.PENDING) {
        assert.equal(prices, 0);
        ends.old += 1;
        // The lease of the killed process has to run out before another may decide.
        await eventually(async () => {
          const lease = await instance.client
            .rejectImport({ importId, selection: { case: "chosen", value: { priceIds: ["no/such"] } } })
            .then(
              () => "free",
              () => "held",
            );
          assert.equal(lease, "free");
        });
      } else {
        assert.deepEqual([prices, state], [priceCount, ImportState.APPLIED]);
        ends.whole += 1;
      }
    }
    assert.ok(ends.old > 0, "it was killed before the end, too");
    const usage = { priceId: "litellm/openai/gpt-4o", quantities: { input_tokens: "1000000" } };
    assert.equal((await instance.client.calculatePrice({ usage })).priced?.exactTotal, "2.5");
  } finally {
    instance.child.signal("SIGKILL");
    await instance.child.waitForExit();
  }
});
