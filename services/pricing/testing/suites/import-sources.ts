import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import {
  ImportState,
  ImportChangeKind as Kind,
  ImportSkipReason as Skip,
} from "#gen/billing/pricing/v1/price_import_pb.ts";
import { ApplyPolicy, RemovalPolicy } from "#gen/billing/pricing/v1/price_source_pb.ts";
import { RoundingSchema } from "#gen/billing/pricing/v1/price_terms_pb.ts";
import { client } from "../shared-pricing.ts";
import { refusal } from "../test-pricing.ts";
import { nameOf, newSource } from "../uploaded-sources.ts";

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
