import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { FeedFormat } from "#gen/billing/pricing/v1/price_source_pb.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { ImportStore } from "../../store/import-store.ts";
import { createDyingRedis } from "../../testing/dying-redis.ts";
import { litellmList } from "../../testing/litellm-list.ts";
import { startTestPricing, type TestPricing } from "../../testing/test-pricing.ts";
import { LiveCatalogue } from "../catalogue/live-catalogue.ts";
import { ImportEditor } from "./import-editor.ts";
import { stateOf, viewImport } from "./import-view.ts";
import type { ChangeSummary, ImportChange, ImportRecord } from "./records.ts";

let server: TestRedis;
let redis: Redis;
let pricing: TestPricing;

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
  pricing = await startTestPricing(redis);
});

after(async () => {
  await pricing?.stop();
  await redis?.close();
  await server?.stop();
});

/** More than one command can carry, so that the switch is laid aside in parts first. */
const models = 450;
const list = (price: string) =>
  litellmList(Object.fromEntries(Array.from({ length: models }, (_, index) => [`m-${index}`, price])));
const decider = { subject: "test", comment: "" };
let sources = 0;

async function previewed(): Promise<{
  sourceId: string;
  importId: string;
  upload(price: string): Promise<string>;
}> {
  const sourceId = `crash-${++sources}`;
  const location = { case: "upload" as const, value: {} };
  await pricing.client.createPriceSource({
    sourceId,
    settings: { format: FeedFormat.LITELLM, location, priceIdPrefix: `${sourceId}/` },
  });
  const upload = async (price: string) =>
    (await pricing.client.previewImport({ sourceId, content: list(price) })).import?.importId ?? "";
  return { sourceId, importId: await upload("1"), upload };
}

/** How many prices of a source have each price, by what Redis holds, and how far the import is by the same. */
async function inRedis(sourceId: string, importId: string) {
  const { store } = pricing.catalogue;
  const heads = await store.listHeads(`price:${sourceId}/`);
  const prices = heads.flatMap(({ value }) => (value.kind === "price" ? [value] : []));
  const versions = await store.readVersions(prices.map((price) => price.versions.at(-1)?.versionId ?? ""));
  const amounts = versions.map((version) =>
    version.kind === "terms" && version.terms.components[0]?.variants[0]?.model.kind === "per_unit"
      ? version.terms.components[0].variants[0].model.unitAmount
      : "",
  );
  const counts = Object.fromEntries(
    [...new Set(amounts)].map((each) => [each, amounts.filter((one) => one === each).length]),
  );
  return { counts, state: stateOf(await viewImport(pricing.catalogue, pricing.feeds.imports, importId)) };
}

describe("a process that dies while it applies an import leaves the old or the new catalogue, never half", () => {
  for (const isExecuted of [false, true]) {
    test(`at each command that it sends, ${isExecuted ? "when only the reply is lost" : "before it arrives"}`, async () => {
      const { sourceId, importId, upload } = await previewed();
      await pricing.client.applyImport({ importId, selection: { case: "all", value: {} } });
      const next = await upload("1.5");
      const dying = createDyingRedis(redis);
      const imports = new ImportStore<ImportRecord, ChangeSummary, ImportChange>(dying.redis);
      const catalogue = new LiveCatalogue({
        redis: dying.redis,
        bundled: { allowed: true, maxAgeMs: 0 },
        now: Date.now,
        onError: () => {},
      });
      await catalogue.open();
      try {
        let deaths = 0;
        for (;;) {
          dying.dieAfter(deaths, isExecuted);
          const outcome = await new ImportEditor(catalogue, imports)
            .apply(next, { kind: "all" }, true, undefined, decider)
            .then(
              () => "applied",
              () => "died",
            );
          const { counts, state } = await inRedis(sourceId, next);
          if (state === "pending") {
            assert.deepEqual(counts, { 1: models }, `after ${deaths} commands`);
            assert.equal(outcome, "died");
            deaths += 1;
            continue;
          }
          assert.equal(state, "applied");
          assert.deepEqual(counts, { 1.5: models }, `after ${deaths} commands`);
          break;
        }
        assert.ok(deaths > 8, `it died ${deaths} times before`);
        dying.dieAfter(Number.POSITIVE_INFINITY, false);
        const again = await new ImportEditor(catalogue, imports).apply(
          next,
          { kind: "all" },
          true,
          undefined,
          decider,
        );
        assert.equal(again.changedCount, 0, "a repeat changes nothing");
      } finally {
        dying.dieAfter(Number.POSITIVE_INFINITY, false);
        await catalogue.close();
      }
    });
  }

  test("two instances that apply it at once apply it once", async () => {
    const { sourceId, importId } = await previewed();
    const editors = [0, 1].map(() => new ImportEditor(pricing.catalogue, pricing.feeds.imports));
    const outcomes = await Promise.all(
      editors.map((editor) => editor.apply(importId, { kind: "all" }, true, undefined, decider)),
    );
    assert.deepEqual(outcomes.map(({ changedCount }) => changedCount).toSorted(), [0, models]);
    const { counts, state } = await inRedis(sourceId, importId);
    assert.deepEqual([counts, state], [{ 1: models }, "applied"]);
    const [head] = await pricing.catalogue.store.listHeads(`price:${sourceId}/`);
    assert.ok(head?.value.kind === "price" && head.value.versions.length === 1);
  });

  test("a leader that was paused cannot apply what a later reading took the place of", async () => {
    const { sourceId, importId, upload } = await previewed();
    await upload("2");
    const editor = new ImportEditor(pricing.catalogue, pricing.feeds.imports);
    await assert.rejects(editor.apply(importId, { kind: "all" }, true, undefined, decider), {
      reason: "IMPORT_NOT_PENDING",
    });
    assert.deepEqual((await inRedis(sourceId, importId)).counts, {});
  });
});
