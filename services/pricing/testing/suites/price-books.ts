import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { AdjustmentScope } from "#gen/billing/pricing/v1/price_terms_pb.ts";
import { bookUsers, costOf, day, here, newBook, newPrice, there } from "../pricing-pair.ts";
import { refusal } from "../test-pricing.ts";
import { unitTerms } from "../unit-terms.ts";

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
