import assert from "node:assert/strict";
import { describe, test } from "node:test";
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
import { RemovalPolicy } from "#gen/billing/pricing/v1/price_source_pb.ts";
import { RoundingSchema } from "#gen/billing/pricing/v1/price_terms_pb.ts";
import { client } from "../shared-pricing.ts";
import { refusal } from "../test-pricing.ts";
import { nameOf, newSource } from "../uploaded-sources.ts";

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
