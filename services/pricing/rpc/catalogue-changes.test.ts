import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { PriceOrigin } from "#gen/billing/pricing/v1/price_pb.ts";
import { AdjustmentScope } from "#gen/billing/pricing/v1/price_terms_pb.ts";
import { connectRedis, type Redis } from "#platform/redis/redis.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { calculatePrice } from "../domain/engine/calculate-price.ts";
import { usageOf } from "../testing/terms.ts";
import { refusal, startTestPricing, type TestPricing } from "../testing/test-pricing.ts";

let server: TestRedis;
let redis: Redis;
let here: TestPricing;
let there: TestPricing;
const bookUsers = {
  usedBook: "",
  down: false,
  hasAccountsOf: async (priceBook: string) => priceBook === bookUsers.usedBook,
};

before(async () => {
  server = await startRedis();
  redis = await connectRedis({ urls: [server.url], name: "test" });
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

/** Terms that price a unit. */
const unitTerms = (unitAmount: string, currencyCode = "USD") => ({
  currencyCode,
  components: [
    {
      componentId: "units",
      meter: "units",
      variants: [{ model: { case: "perUnit" as const, value: { unitAmount } } }],
    },
  ],
});
let prices = 0;
/** A price of its own for a test. */
async function newPrice(unitAmount = "1", others: object = {}) {
  const priceId = `test/price-${++prices}`;
  const { price } = await here.client.createPrice({ priceId, terms: unitTerms(unitAmount), ...others });
  assert.ok(price);
  return { priceId, price };
}
let books = 0;
async function newBook(settings: object = {}) {
  const priceBook = `book-${++books}`;
  const { book } = await here.client.createPriceBook({ priceBook, ...settings });
  assert.ok(book);
  return { priceBook, book };
}
/** What 10 units cost. */
async function costOf(
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
const day = 86_400_000;

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

describe("a price book", () => {
  test("changes every price of its parent, and falls back through its parents", async () => {
    const { priceId } = await newPrice("1");
    const gold = await newBook({ discountPercent: "20" });
    const partner = await newBook({ parentBook: gold.priceBook, markupMultiplier: "1.5" });
    const plain = await newBook({ parentBook: partner.priceBook });
    const priced = await costOf(priceId, { priceBook: plain.priceBook });
    assert.deepEqual([priced.exactTotal, priced.priceBook], ["12", partner.priceBook]);
    const { priced: again } = await here.client.calculatePrice({
      usage: { priceId, quantities: { units: "10" } },
      selector: { case: "priceVersion", value: priced.priceVersion },
    });
    assert.deepEqual({ ...again, at: priced.at }, priced);
    const { price } = await here.client.getPrice({
      priceId,
      selector: { case: "priceBook", value: plain.priceBook },
    });
    assert.deepEqual(
      price?.version?.bookAdjustments.map(({ priceBook, adjustments }) => [
        priceBook,
        adjustments?.markupMultiplier,
        adjustments?.discountPercent,
      ]),
      [
        [gold.priceBook, "1", "20"],
        [partner.priceBook, "1.5", "0"],
      ],
    );
  });

  test("overrides a price by terms of its own, or by changes in place of its factor, until it is removed", async () => {
    const { priceId } = await newPrice("1");
    const { priceBook } = await newBook({ markupMultiplier: "3" });
    const cost = async () => (await costOf(priceId, { priceBook })).exactTotal;
    assert.equal(await cost(), "30");
    const { override } = await here.client.setBookOverride({
      priceBook,
      priceId,
      override: { case: "terms", value: unitTerms("7") },
      configVersion: 0n,
    });
    assert.equal(override?.configVersion, 1n);
    const first = await costOf(priceId, { priceBook });
    assert.deepEqual(
      [first.exactTotal, first.priceVersion, first.priceBook],
      ["70", override?.priceVersion, priceBook],
    );
    await here.client.setBookOverride({
      priceBook,
      priceId,
      override: {
        case: "adjustment",
        value: {
          adjustments: { discountPercent: "50", minimumAmount: "2", scope: AdjustmentScope.USAGE },
          freeUnits: [{ componentId: "units", units: "8" }],
        },
      },
      configVersion: 1n,
    });
    assert.equal(await cost(), "2");
    const listed = await here.client.listPrices({ priceBook, overriddenOnly: true });
    assert.deepEqual(
      listed.prices.map((price) => price.priceId),
      [priceId],
    );
    const { book } = await here.client.getPriceBook({ priceBook });
    assert.equal(book?.overrideCount, 1);
    await here.client.removeBookOverride({ priceBook, priceId });
    assert.equal(await cost(), "30");
    const gone = await refusal(here.client.removeBookOverride({ priceBook, priceId }));
    assert.equal(gone.reason, "BOOK_OVERRIDE_NOT_FOUND");
    // The version by which something was charged stays.
    const { priced } = await here.client.calculatePrice({
      usage: { priceId, quantities: { units: "10" } },
      selector: { case: "priceVersion", value: first.priceVersion },
    });
    assert.equal(priced?.exactTotal, "70");
  });

  test("that nothing uses can be deleted, and its versions stay", async () => {
    const { priceId } = await newPrice("1");
    const { priceBook } = await newBook({ discountPercent: "10" });
    const child = await newBook({ parentBook: priceBook });
    await here.client.setBookOverride({
      priceBook,
      priceId,
      override: { case: "terms", value: unitTerms("7") },
    });
    const { priceVersion } = await costOf(priceId, { priceBook });
    assert.equal((await refusal(here.client.deletePriceBook({ priceBook }))).reason, "PRICE_BOOK_IN_USE");
    await here.client.deletePriceBook({ priceBook: child.priceBook });
    bookUsers.usedBook = priceBook;
    assert.equal((await refusal(here.client.deletePriceBook({ priceBook }))).reason, "PRICE_BOOK_IN_USE");
    bookUsers.usedBook = "";
    await here.client.deletePriceBook({ priceBook });
    assert.equal((await refusal(costOf(priceId, { priceBook }))).reason, "PRICE_BOOK_NOT_FOUND");
    const selector = { case: "priceVersion" as const, value: priceVersion };
    const { priced } = await here.client.calculatePrice({
      usage: { priceId, quantities: { units: "1" } },
      selector,
    });
    assert.equal(priced?.exactTotal, "7");
    await here.client.createPriceBook({ priceBook });
    assert.equal((await costOf(priceId, { priceBook })).exactTotal, "10", "a book of that name begins anew");
  });

  test("changes from a time on, its past stays", async () => {
    const { priceId } = await newPrice("1", { effectiveFrom: timestampFromMs(Date.now() - day) });
    const { priceBook, book } = await newBook({ discountPercent: "10" });
    const laterMs = Date.now() + day;
    await here.client.updatePriceBook({
      priceBook,
      configVersion: book.configVersion,
      discountPercent: "50",
      effectiveFrom: timestampFromMs(laterMs),
    });
    const at = async (atMs: number) => (await costOf(priceId, { priceBook, atMs })).exactTotal;
    assert.deepEqual([await at(Date.now()), await at(laterMs)], ["9", "5"]);
    const past = await refusal(
      here.client.updatePriceBook({
        priceBook,
        configVersion: 2n,
        discountPercent: "1",
        effectiveFrom: timestampFromMs(0),
      }),
    );
    assert.equal(past.reason, "TIME_OUT_OF_RANGE");
  });

  const refused: ReadonlyArray<readonly [name: string, call: () => Promise<unknown>, reason: string]> = [
    [
      "an unknown parent",
      () => here.client.createPriceBook({ priceBook: "x", parentBook: "nowhere" }),
      "PRICE_BOOK_NOT_FOUND",
    ],
    ["default deleted", () => here.client.deletePriceBook({ priceBook: "default" }), "PRICE_BOOK_PROTECTED"],
    [
      "default with a factor",
      () => here.client.updatePriceBook({ priceBook: "default", configVersion: 1n, markupMultiplier: "2" }),
      "PRICE_BOOK_PROTECTED",
    ],
    [
      "default overridden",
      () =>
        here.client.setBookOverride({
          priceBook: "default",
          priceId: "openai/gpt-4o",
          override: { case: "terms", value: unitTerms("1") },
        }),
      "PRICE_BOOK_PROTECTED",
    ],
    ["default created", () => here.client.createPriceBook({ priceBook: "default" }), "PRICE_BOOK_EXISTS"],
  ];
  for (const [name, call, reason] of refused) {
    test(`${name} is ${reason}`, async () => assert.equal((await refusal(call())).reason, reason));
  }

  test("can be no parent of itself, by however many steps, nor more than 8 deep", async () => {
    const first = await newBook();
    const second = await newBook({ parentBook: first.priceBook });
    const circle = await refusal(
      here.client.updatePriceBook({
        priceBook: first.priceBook,
        configVersion: 1n,
        parentBook: second.priceBook,
      }),
    );
    assert.deepEqual(
      [circle.reason, circle.facts],
      ["PRICE_BOOK_INVALID", { parent_book: second.priceBook }],
    );
    let parentBook = second.priceBook;
    for (let depth = 3; depth <= 8; depth++)
      parentBook = (await newBook({ parentBook, discountPercent: "1" })).priceBook;
    assert.equal((await refusal(newBook({ parentBook }))).reason, "PRICE_BOOK_INVALID");
    const { priceId } = await newPrice("1");
    const { priceVersion, exactTotal } = await costOf(priceId, { priceBook: parentBook });
    assert.ok(priceVersion.length <= 128, priceVersion);
    assert.equal(exactTotal, "9.41480149401");
  });

  test("made the parents of each other at once, one is refused", async () => {
    const [a, b] = await Promise.all([newBook(), newBook()]);
    const outcomes = await Promise.allSettled([
      here.client.updatePriceBook({ priceBook: a.priceBook, configVersion: 1n, parentBook: b.priceBook }),
      there.client.updatePriceBook({ priceBook: b.priceBook, configVersion: 1n, parentBook: a.priceBook }),
    ]);
    assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
  });
});

describe("another instance", () => {
  test("sees a change within a second", async () => {
    const { priceId } = await newPrice("1");
    await eventually(
      async () => assert.equal((await costOf(priceId, { from: there })).exactTotal, "10"),
      1_000,
    );
    await here.client.updatePrice({ priceId, configVersion: 1n, terms: unitTerms("2") });
    await eventually(
      async () => assert.equal((await costOf(priceId, { from: there })).exactTotal, "20"),
      1_000,
    );
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
  const ownRedis = await connectRedis({ urls: [own.url], name: "test" });
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
