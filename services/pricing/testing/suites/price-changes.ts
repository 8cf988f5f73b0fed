import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { PriceOrigin } from "#gen/billing/pricing/v1/price_pb.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { costOf, day, here, newBook, newPrice, there } from "../pricing-pair.ts";
import { refusal } from "../test-pricing.ts";
import { unitTerms } from "../unit-terms.ts";

describe("a price", () => {
  test("is created once; the same again answers with it, other settings are refused", async () => {
    const request = {
      priceId: "test/created",
      provider: "acme",
      labels: { team: "a" },
      terms: unitTerms("2.50"),
    };
    const { price } = await here.client.createPrice(request);
    assert.deepEqual(
      [price?.configVersion, price?.pinned, price?.version?.origin],
      [1n, true, PriceOrigin.OPERATOR],
    );
    assert.equal(price?.version?.createdBy, "test");
    const again = await there.client.createPrice(request);
    assert.deepEqual(again.price?.version?.priceVersion, price?.version?.priceVersion);
    const other = await refusal(here.client.createPrice({ ...request, provider: "other" }));
    assert.deepEqual([other.reason, other.facts], ["PRICE_EXISTS", { price_id: "test/created" }]);
    assert.equal((await costOf("test/created")).exactTotal, "25");
  });

  test("with terms that contradict themselves is refused, naming the field", async () => {
    const terms = unitTerms("1");
    const twice = { ...terms, components: [...terms.components, ...terms.components] };
    const error = await refusal(here.client.createPrice({ priceId: "test/invalid", terms: twice }));
    assert.deepEqual([error.reason, error.fields], ["PRICE_INVALID", ["terms.components[1].component_id"]]);
    assert.equal(
      (await refusal(here.client.getPrice({ priceId: "test/invalid" }))).reason,
      "PRICE_NOT_FOUND",
    );
  });

  test("changes by a new version, and what came before goes on", async () => {
    const { priceId, price } = await newPrice("1");
    const before = await costOf(priceId);
    const { price: changed, newVersion } = await here.client.updatePrice({
      priceId,
      configVersion: price.configVersion,
      terms: unitTerms("3"),
      comment: "dearer",
    });
    assert.equal(changed?.configVersion, 2n);
    assert.deepEqual(
      [newVersion?.comment, newVersion?.priceVersion],
      ["dearer", changed?.version?.priceVersion],
    );
    assert.equal((await costOf(priceId)).exactTotal, "30");
    const usage = { priceId, quantities: { units: "10" } };
    const { priced } = await here.client.calculatePrice({
      usage,
      selector: { case: "priceVersion", value: before.priceVersion },
    });
    assert.equal(priced?.exactTotal, "10");
    const { versions } = await here.client.listPriceVersions({ priceId });
    assert.deepEqual(
      versions.map(({ priceVersion }) => priceVersion),
      [newVersion?.priceVersion, before.priceVersion],
    );
    assert.deepEqual(versions[1]?.effectiveUntil, versions[0]?.effectiveFrom);
  });

  test("by a change to come, or one of the past, is priced by the time of the usage", async () => {
    const nowMs = Date.now();
    const { priceId, price } = await newPrice("1", { effectiveFrom: timestampFromMs(nowMs - 10 * day) });
    const update = (configVersion: bigint, unitAmount: string, atMs: number) =>
      here.client.updatePrice({
        priceId,
        configVersion,
        terms: unitTerms(unitAmount),
        effectiveFrom: timestampFromMs(atMs),
      });
    await update(price.configVersion, "9", nowMs + 10 * day);
    await update(2n, "4", nowMs - 5 * day);
    const at = async (days: number) => (await costOf(priceId, { atMs: nowMs + days * day })).exactTotal;
    assert.deepEqual(await Promise.all([-7, -5, 0, 9, 11].map(at)), ["10", "40", "40", "40", "90"]);
    const early = await refusal(costOf(priceId, { atMs: nowMs - 11 * day }));
    assert.equal(early.reason, "PRICE_NOT_FOUND");
    const { price: shown } = await here.client.getPrice({ priceId });
    assert.equal(timestampMs(shown!.version!.effectiveUntil!), nowMs + 10 * day);
  });

  test("changes only for who knows its version; the same change again answers with the state", async () => {
    const { priceId } = await newPrice("1");
    const change = { priceId, configVersion: 1n, terms: unitTerms("2") };
    const { newVersion } = await here.client.updatePrice(change);
    const again = await there.client.updatePrice(change);
    assert.deepEqual(
      [again.price?.configVersion, again.newVersion?.priceVersion],
      [2n, newVersion?.priceVersion],
    );
    const other = await refusal(here.client.updatePrice({ ...change, terms: unitTerms("5") }));
    assert.deepEqual([other.reason, other.facts], ["VERSION_MISMATCH", { current_version: "2" }]);
    assert.equal((await costOf(priceId)).exactTotal, "20");
  });

  test("changed by many at once is changed once", async () => {
    const { priceId } = await newPrice("1");
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        (index % 2 === 0 ? here : there).client
          .updatePrice({ priceId, configVersion: 1n, terms: unitTerms(String(index + 2)) })
          .then(
            () => "changed",
            async (error: unknown) => (await refusal(Promise.reject(error))).reason,
          ),
      ),
    );
    assert.deepEqual(outcomes.toSorted(), [...Array(7).fill("VERSION_MISMATCH"), "changed"]);
    await eventually(async () => {
      const { versions } = await here.client.listPriceVersions({ priceId });
      assert.equal(versions.length, 2);
    });
  });

  test("without new terms makes no version, and equal terms are not new", async () => {
    const { priceId } = await newPrice("1.0");
    const named = await here.client.updatePrice({
      priceId,
      configVersion: 1n,
      displayName: "Named",
      setLabels: { a: "1" },
    });
    assert.deepEqual(
      [named.price?.displayName, named.price?.configVersion, named.newVersion],
      ["Named", 2n, undefined],
    );
    const same = await here.client.updatePrice({ priceId, configVersion: 2n, terms: unitTerms("1") });
    assert.deepEqual([same.newVersion, same.price?.configVersion], [undefined, 2n]);
  });

  test("that is archived refuses usage from then on, in every book, and can be brought back", async () => {
    const { priceId } = await newPrice("1", { effectiveFrom: timestampFromMs(Date.now() - day) });
    const { priceBook } = await newBook();
    const { price } = await here.client.archivePrice({ priceId, configVersion: 1n });
    assert.ok(price?.archivedAt);
    await here.client.archivePrice({ priceId });
    for (const book of ["", priceBook]) {
      const refused = await refusal(costOf(priceId, { priceBook: book }));
      assert.equal(refused.reason, "PRICE_ARCHIVED");
    }
    const past = await costOf(priceId, { atMs: Date.now() - day / 2 });
    assert.equal(past.exactTotal, "10");
    assert.equal((await here.client.getPrice({ priceId })).price?.priceId, priceId);
    assert.ok(
      !(await here.client.listPrices({ query: priceId })).prices.some((each) => each.priceId === priceId),
    );
    assert.ok((await here.client.listPrices({ query: priceId, includeArchived: true })).prices.length > 0);
    const refused = await refusal(
      here.client.updatePrice({ priceId, configVersion: 2n, terms: unitTerms("2") }),
    );
    assert.equal(refused.reason, "PRICE_ARCHIVED");
    await here.client.updatePrice({ priceId, configVersion: 2n, restore: true });
    assert.equal((await costOf(priceId)).exactTotal, "10");
  });
});
