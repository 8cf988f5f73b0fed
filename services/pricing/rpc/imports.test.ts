import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  ImportHoldReason as Hold,
  ImportState,
  ImportChangeKind as Kind,
  type PriceImport,
  ImportSkipReason as Skip,
  ImportChangeState as State,
} from "#gen/billing/pricing/v1/price_import_pb.ts";
import { ApplyPolicy, FeedFormat, RemovalPolicy } from "#gen/billing/pricing/v1/price_source_pb.ts";
import { RoundingSchema } from "#gen/billing/pricing/v1/price_terms_pb.ts";
import { connectRedis, type Redis } from "#platform/redis/redis.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { litellmList } from "../testing/litellm-list.ts";
import { refusal, startTestPricing, type TestPricing } from "../testing/test-pricing.ts";

let server: TestRedis;
let redis: Redis;
let pricing: TestPricing;
let client: TestPricing["client"];

before(async () => {
  server = await startRedis();
  redis = await connectRedis({ urls: [server.url], name: "test" });
  pricing = await startTestPricing(redis);
  client = pricing.client;
});

after(async () => {
  await pricing?.stop();
  await redis?.close();
  await server?.stop();
});

let sources = 0;
/** A source of its own for a test; its prices are all behind its own prefix. */
async function newSource(settings: object = {}) {
  const sourceId = `source-${++sources}`;
  const prefix = `${sourceId}/`;
  await client.createPriceSource({
    sourceId,
    settings: {
      format: FeedFormat.LITELLM,
      location: { case: "upload", value: {} },
      priceIdPrefix: prefix,
      ...settings,
    },
  });
  const id = (model: string) => `${prefix}acme/${model}`;
  const preview = async (list: Parameters<typeof litellmList>[0]) => {
    const { import: made, changes } = await client.previewImport({
      sourceId,
      content: litellmList(list),
      pageSize: 1_000,
    });
    assert.ok(made);
    return { importId: made.importId, made, changes };
  };
  const sync = async (list: Parameters<typeof litellmList>[0]) => {
    const { import: made } = await client.syncPriceSource({ sourceId, content: litellmList(list) });
    assert.ok(made);
    return made;
  };
  const applyAll = (importId: string, approveHeld = false) =>
    client.applyImport({ importId, selection: { case: "all", value: {} }, approveHeld });
  /** The price of a million input tokens. */
  const cost = async (model: string) => {
    const { priced } = await client.calculatePrice({
      usage: { priceId: id(model), quantities: { input_tokens: "1000000" } },
    });
    return priced?.exactTotal;
  };
  return { sourceId, id, preview, sync, applyAll, cost };
}

/** The name of a value of an enum. */
const nameOf = (values: Readonly<Record<string, number>>, value: number) =>
  Object.entries(values).find(([, each]) => each === value)?.[0];

const countsOf = ({ counts }: PriceImport) => {
  const { $typeName: _, $unknown: __, ...numbers } = counts!;
  return Object.fromEntries(Object.entries(numbers).filter(([, count]) => count !== 0));
};

describe("a preview", () => {
  test("says what a list would change, and changes nothing", async () => {
    const { id, preview, applyAll, cost, sourceId } = await newSource({
      removalPolicy: RemovalPolicy.ARCHIVE,
    });
    await applyAll((await preview({ same: "1", dearer: "1", gone: "1", free: "1", far: "1" })).importId);
    const { made, changes } = await preview({
      same: "1",
      dearer: "1.5",
      far: "5",
      free: "0",
      fresh: "3",
      odd: { cost_per_mood: 1 },
    });
    assert.equal(made.state, ImportState.PENDING);
    assert.deepEqual(countsOf(made), {
      newCount: 1,
      changedCount: 3,
      removedCount: 1,
      unchangedCount: 1,
      skippedCount: 1,
      heldCount: 3,
      pendingCount: 5,
    });
    assert.deepEqual(
      changes.map(({ priceId, kind, holdReasons, largestFactor, skipReason }) => [
        priceId.split("/").at(-1),
        nameOf(Kind, kind),
        holdReasons.map((reason) => nameOf(Hold, reason)).join(),
        largestFactor,
        nameOf(Skip, skipReason),
      ]),
      [
        ["far", "CHANGED", "CHANGE_FACTOR", "5", "UNSPECIFIED"],
        ["free", "CHANGED", "ZERO_PRICE", "", "UNSPECIFIED"],
        ["gone", "REMOVED", "MASS_REMOVAL", "", "UNSPECIFIED"],
        ["fresh", "NEW", "", "", "UNSPECIFIED"],
        ["dearer", "CHANGED", "", "1.5", "UNSPECIFIED"],
        ["same", "UNCHANGED", "", "", "UNSPECIFIED"],
        ["odd", "SKIPPED", "", "", "KEY_UNKNOWN"],
      ],
    );
    const dearer = changes.find(({ priceId }) => priceId === id("dearer"));
    assert.deepEqual(
      dearer?.amounts.map(({ $typeName: _, ...amount }) => amount),
      [
        {
          componentId: "input_tokens",
          variantId: "standard",
          path: "per_unit.unit_amount",
          before: "1",
          after: "1.5",
          factor: "1.5",
          sourceKey: "input_cost_per_token",
          sourceValue: "0.0000015",
        },
      ],
    );
    assert.deepEqual(await Promise.all(["dearer", "far", "gone"].map(cost)), ["1", "1", "1"]);
    const { source } = await client.getPriceSource({ sourceId });
    assert.deepEqual([source?.status?.priceCount, source?.status?.pendingCount], [5, 5]);
  });

  test("shows its changes in pages, with filters", async () => {
    const { preview } = await newSource();
    const list = Object.fromEntries(
      Array.from({ length: 250 }, (_, index) => [`m-${index}`, index === 7 ? "0" : "1"]),
    );
    const { importId } = await preview(list);
    const ids: string[] = [];
    let pageToken = "";
    do {
      const page = await client.getImport({ importId, pageSize: 60, pageToken });
      ids.push(...page.changes.map(({ priceId }) => priceId));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    assert.equal(new Set(ids).size, 250);
    const held = await client.getImport({ importId, heldOnly: true });
    assert.deepEqual(
      held.changes.map(({ priceId }) => priceId.split("/").at(-1)),
      ["m-7"],
    );
    const found = await client.getImport({ importId, query: "M-11", kind: Kind.NEW, state: State.PENDING });
    assert.equal(found.changes.length, 11);
    assert.equal((await client.getImport({ importId, kind: Kind.REMOVED })).changes.length, 0);
  });

  test("takes the place of the one before, whose changes can be applied no more", async () => {
    const { preview, applyAll } = await newSource();
    const first = await preview({ m: "1" });
    const second = await preview({ m: "2" });
    const { import: superseded, changes } = await client.getImport({ importId: first.importId });
    assert.deepEqual([superseded?.state, changes[0]?.state], [ImportState.SUPERSEDED, State.SUPERSEDED]);
    const error = await refusal(applyAll(first.importId));
    assert.deepEqual([error.reason, error.facts], ["IMPORT_NOT_PENDING", { state: "SUPERSEDED" }]);
    await applyAll(second.importId);
    const { imports } = await client.listImports({ sourceId: second.made.sourceId });
    assert.deepEqual(
      imports.map(({ importId, state }) => [importId, state]),
      [
        [second.importId, ImportState.APPLIED],
        [first.importId, ImportState.SUPERSEDED],
      ],
    );
  });
});

describe("applying", () => {
  test("makes versions that say where they come from; held changes only with approval", async () => {
    const { id, preview, applyAll, cost } = await newSource();
    const { importId } = await preview({ plain: "1", gift: "0" });
    const first = await applyAll(importId);
    assert.deepEqual([first.appliedCount, first.import?.state], [1, ImportState.PARTIALLY_APPLIED]);
    assert.equal((await refusal(cost("gift"))).reason, "PRICE_NOT_FOUND");
    const second = await applyAll(importId, true);
    assert.deepEqual(
      [second.appliedCount, second.import?.state, second.import?.decidedBy],
      [1, ImportState.APPLIED, "test"],
    );
    assert.equal(await cost("gift"), "0");
    const { price } = await client.getPrice({ priceId: id("plain") });
    assert.equal(price?.version?.importId, importId);
    const { changes } = await client.getImport({ importId });
    const plain = changes.find(({ priceId }) => priceId === id("plain"));
    assert.equal(plain?.appliedVersion, price?.version?.priceVersion);
    assert.equal((await applyAll(importId)).appliedCount, 0, "OK again");
  });

  test("takes only what is chosen; the rest can be rejected", async () => {
    const { id, preview, cost } = await newSource();
    const { importId } = await preview({ a: "1", b: "1", c: "1" });
    const chosen = { case: "chosen" as const, value: { priceIds: [id("a"), "no/such"] } };
    assert.equal((await client.applyImport({ importId, selection: chosen })).appliedCount, 1);
    const rest = { case: "all" as const, value: {} };
    const { import: made } = await client.rejectImport({ importId, selection: rest, comment: "no" });
    assert.deepEqual([made?.state, made?.comment], [ImportState.APPLIED, "no"]);
    assert.equal(await cost("a"), "1");
    assert.equal((await refusal(cost("b"))).reason, "PRICE_NOT_FOUND");
  });

  test("leaves a price alone that changed since the list was read", async () => {
    const { id, preview, applyAll, cost } = await newSource();
    await applyAll((await preview({ a: "1", b: "1" })).importId);
    const { importId } = await preview({ a: "1.1", b: "1.2" });
    const { price } = await client.getPrice({ priceId: id("a") });
    await client.updatePrice({
      priceId: id("a"),
      configVersion: price!.configVersion,
      terms: { ...price!.version!.terms!, rounding: create(RoundingSchema, { digits: 2 }) },
      pinned: false,
    });
    const outcome = await applyAll(importId);
    assert.deepEqual([outcome.appliedCount, outcome.conflictPriceIds], [1, [id("a")]]);
    assert.deepEqual([await cost("a"), await cost("b")], ["1", "1.2"]);
    const { changes } = await client.getImport({ importId, state: State.CONFLICT });
    assert.deepEqual(
      changes.map(({ priceId }) => priceId),
      [id("a")],
    );
  });

  test("may be for a time to come, not for the past", async () => {
    const { id, preview } = await newSource();
    const { importId } = await preview({ a: "1" });
    const selection = { case: "all" as const, value: {} };
    const past = await refusal(
      client.applyImport({ importId, selection, effectiveFrom: timestampFromMs(1) }),
    );
    assert.equal(past.reason, "TIME_OUT_OF_RANGE");
    const atMs = Date.now() + 86_400_000;
    await client.applyImport({ importId, selection, effectiveFrom: timestampFromMs(atMs) });
    const usage = { priceId: id("a"), quantities: { input_tokens: "1" } };
    assert.equal((await refusal(client.calculatePrice({ usage }))).reason, "PRICE_NOT_FOUND");
    const { priced } = await client.calculatePrice({ usage: { ...usage, at: timestampFromMs(atMs) } });
    assert.equal(priced?.exactTotal, "0.000001");
  });
});

describe("an operator's change", () => {
  test("wins over the source until it is let go", async () => {
    const { id, preview, applyAll, cost } = await newSource();
    await applyAll((await preview({ a: "1" })).importId);
    const { price } = await client.getPrice({ priceId: id("a") });
    const terms = { ...price!.version!.terms!, rounding: create(RoundingSchema, { digits: 0 }) };
    await client.updatePrice({ priceId: id("a"), configVersion: price!.configVersion, terms });
    const pinned = await preview({ a: "1.5" });
    assert.deepEqual([pinned.changes[0]?.kind, pinned.changes[0]?.skipReason], [Kind.SKIPPED, Skip.PINNED]);
    assert.equal(pinned.made.state, ImportState.UNCHANGED);
    await client.updatePrice({ priceId: id("a"), configVersion: 2n, pinned: false });
    await applyAll((await preview({ a: "1.5" })).importId);
    assert.equal(await cost("a"), "1.5");
  });

  test("that archives a price is not undone by the source", async () => {
    const { id, preview, applyAll } = await newSource();
    await applyAll((await preview({ a: "1" })).importId);
    await client.archivePrice({ priceId: id("a") });
    const { changes } = await preview({ a: "2" });
    assert.equal(changes[0]?.skipReason, Skip.PINNED);
  });
});

describe("a source", () => {
  test("does not touch what another source keeps", async () => {
    const first = await newSource();
    await first.applyAll((await first.preview({ a: "1" })).importId);
    const second = await newSource({ priceIdPrefix: `${first.sourceId}/` });
    const { changes } = await second.preview({ a: "2" });
    assert.equal(changes[0]?.skipReason, Skip.OTHER_SOURCE);
  });

  test("takes over bundled prices, also those with the same terms, so that they are stale no more", async () => {
    const source = await newSource({ priceIdPrefix: "" });
    const list = { a: { litellm_provider: "openai", input_cost_per_token: 1e-6 } };
    assert.equal((await source.sync(list)).state, ImportState.PENDING);
    const { price } = await client.getPrice({ priceId: "ai21/jamba-1.5" });
    const same = {
      "ai21/jamba-1.5": { litellm_provider: "ai21", input_cost_per_token: 2e-7, output_cost_per_token: 4e-7 },
    };
    const made = await source.sync(same);
    assert.deepEqual([made.state, made.counts?.unchangedCount], [ImportState.UNCHANGED, 1]);
    const after = (await client.getPrice({ priceId: "ai21/jamba-1.5" })).price;
    assert.deepEqual([price?.sourceId, after?.sourceId], ["", source.sourceId]);
    assert.equal(after?.version?.priceVersion, price?.version?.priceVersion, "no new version");
  });

  test("keeps what is gone, or archives it and brings it back when it is there again", async () => {
    const keeping = await newSource();
    await keeping.applyAll((await keeping.preview({ a: "1", b: "1" })).importId);
    const kept = await keeping.preview({ a: "1" });
    assert.deepEqual(
      kept.changes.map(({ skipReason }) => skipReason),
      [Skip.UNSPECIFIED, Skip.KEPT],
    );
    const archiving = await newSource({
      removalPolicy: RemovalPolicy.ARCHIVE,
      guard: { maxRemovedPercent: "50" },
    });
    await archiving.applyAll((await archiving.preview({ a: "1", b: "1" })).importId);
    await archiving.applyAll((await archiving.preview({ a: "1" })).importId);
    assert.equal((await refusal(archiving.cost("b"))).reason, "PRICE_ARCHIVED");
    await archiving.applyAll((await archiving.preview({ a: "1", b: "1" })).importId);
    assert.equal(await archiving.cost("b"), "1");
  });

  test("may add a markup, which stands beside the list's digits", async () => {
    const { id, preview, applyAll, cost } = await newSource({
      markupRules: [
        { provider: "other", multiplier: "9" },
        { provider: "acme", mode: "chat", multiplier: "1.2" },
      ],
    });
    await applyAll((await preview({ a: "2.5" })).importId);
    assert.equal(await cost("a"), "3");
    const { price } = await client.getPrice({ priceId: id("a") });
    assert.equal(price?.version?.terms?.adjustments?.markupMultiplier, "1.2");
  });

  test("imports only the providers and modes that it includes", async () => {
    const { preview } = await newSource({ includeModes: ["embedding"] });
    const { changes } = await preview({ a: "1", b: { mode: "embedding", input_cost_per_token: 1e-6 } });
    assert.deepEqual(
      changes.map(({ kind, skipReason }) => [nameOf(Kind, kind), nameOf(Skip, skipReason)]),
      [
        ["NEW", "UNSPECIFIED"],
        ["SKIPPED", "FILTERED"],
      ],
    );
  });

  test("applies by itself what its guard does not hold", async () => {
    const { sync, cost } = await newSource({ applyPolicy: ApplyPolicy.WITHIN_GUARD });
    assert.equal((await sync({ a: "1", b: "1" })).state, ImportState.APPLIED);
    const made = await sync({ a: "1.9", b: "2.1" });
    assert.deepEqual(
      [made.state, made.counts?.appliedCount, made.counts?.heldCount],
      [ImportState.PARTIALLY_APPLIED, 1, 1],
    );
    assert.deepEqual([await cost("a"), await cost("b")], ["1.9", "1"]);
    const component = await sync({ a: { output_cost_per_token: 1e-6 }, b: "2" });
    assert.equal(component.counts?.heldCount, 1, "a component is gone");
  });

  test("that is deleted leaves its prices to the operator, and nothing waits any more", async () => {
    const { sourceId, id, preview, applyAll, cost } = await newSource();
    await applyAll((await preview({ a: "1" })).importId);
    const { importId } = await preview({ a: "1.5" });
    await client.deletePriceSource({ sourceId });
    assert.equal((await client.getImport({ importId })).import?.state, ImportState.SUPERSEDED);
    assert.equal((await client.getPrice({ priceId: id("a") })).price?.sourceId, "");
    assert.equal(await cost("a"), "1");
    assert.equal((await refusal(client.getPriceSource({ sourceId }))).reason, "PRICE_SOURCE_NOT_FOUND");
  });
});

describe("a rollback", () => {
  test("brings back what was, by new versions, and leaves alone what changed since", async () => {
    const { id, preview, applyAll, cost } = await newSource({
      removalPolicy: RemovalPolicy.ARCHIVE,
      guard: { maxRemovedPercent: "100" },
    });
    await applyAll((await preview({ a: "1", b: "1", gone: "1" })).importId);
    const before = (await client.getPrice({ priceId: id("a") })).price?.version?.priceVersion ?? "";
    const { importId } = await preview({ a: "1.5", b: "1.5", fresh: "1" });
    await applyAll(importId);
    const charged = (await client.getPrice({ priceId: id("a") })).price?.version?.priceVersion ?? "";
    const b = (await client.getPrice({ priceId: id("b") })).price;
    await client.updatePrice({
      priceId: id("b"),
      configVersion: b!.configVersion,
      terms: { ...b!.version!.terms!, rounding: create(RoundingSchema, { digits: 9 }) },
    });
    const outcome = await client.rollbackImport({ importId });
    assert.deepEqual([outcome.restoredCount, outcome.conflictPriceIds], [3, [id("b")]]);
    assert.equal(outcome.import?.state, ImportState.ROLLED_BACK);
    assert.deepEqual([await cost("a"), await cost("b"), await cost("gone")], ["1", "1.5", "1"]);
    assert.equal((await refusal(cost("fresh"))).reason, "PRICE_ARCHIVED");
    const now = (await client.getPrice({ priceId: id("a") })).price?.version;
    assert.ok(now?.priceVersion !== before && now?.importId === importId);
    // A version that was charged survives the rollback.
    const { priced } = await client.calculatePrice({
      usage: { priceId: id("a"), quantities: { input_tokens: "1000000" } },
      selector: { case: "priceVersion", value: charged },
    });
    assert.equal(priced?.exactTotal, "1.5");
    assert.equal((await client.rollbackImport({ importId })).restoredCount, 0, "OK again");
  });

  test("of what was not applied is refused", async () => {
    const { preview } = await newSource();
    const { importId } = await preview({ a: "1" });
    assert.equal((await refusal(client.rollbackImport({ importId }))).reason, "IMPORT_NOT_PENDING");
    assert.equal((await refusal(client.rollbackImport({ importId: "imp_none" }))).reason, "IMPORT_NOT_FOUND");
  });
});
