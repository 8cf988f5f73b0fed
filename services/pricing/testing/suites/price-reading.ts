import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Client, Code } from "@connectrpc/connect";
import { AttributeMatch } from "#gen/billing/pricing/v1/condition_pb.ts";
import { PriceOrigin } from "#gen/billing/pricing/v1/price_pb.ts";
import type { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { client } from "../shared-pricing.ts";
import { refusal } from "../test-pricing.ts";

describe("GetPrice", () => {
  test("shows the terms, from where they come and since when", async () => {
    const { price } = await client.getPrice({ priceId: "gemini/gemini-2.5-pro" });
    assert.deepEqual([price?.provider, price?.mode, price?.configVersion], ["gemini", "chat", 1n]);
    const { version } = price ?? {};
    assert.equal(version?.origin, PriceOrigin.BUNDLED);
    assert.match(version?.comment ?? "", /LiteLLM.*2026-08-06/);
    assert.deepEqual(version?.effectiveFrom, timestampFromMs(Date.parse("2026-08-06T00:00:00Z")));
    const input = version?.terms?.components.find(({ meter }) => meter === "input_tokens");
    const tiered = input?.variants.find(({ variantId }) => variantId === "above_200k_priority");
    assert.deepEqual(
      tiered?.conditions.map(({ condition }) => condition.case),
      ["attribute", "quantity"],
    );
    const [attribute, quantity] = tiered?.conditions ?? [];
    assert.ok(attribute?.condition.case === "attribute" && quantity?.condition.case === "quantity");
    assert.deepEqual(attribute.condition.value.values, ["priority"]);
    assert.equal(attribute.condition.value.match, AttributeMatch.ANY_OF);
    assert.deepEqual(
      [quantity.condition.value.meter, quantity.condition.value.above, quantity.condition.value.upTo],
      ["input_tokens", "200000", ""],
    );
    assert.ok(tiered?.model.case === "perUnit");
    assert.deepEqual([tiered.model.value.unitAmount, tiered.model.value.per], ["2.5", "1000000"]);
    const cached = version?.terms?.meters.find(({ meter }) => meter === "cached_input_tokens");
    assert.deepEqual(cached?.subsetOf, ["input_tokens"]);
  });

  test("by version, which must be one of the price", async () => {
    const { price } = await client.getPrice({ priceId: "openai/gpt-4o" });
    const selector = { case: "priceVersion" as const, value: price?.version?.priceVersion ?? "" };
    const again = await client.getPrice({ priceId: "openai/gpt-4o", selector });
    assert.deepEqual(again.price, price);
    const foreign = await refusal(client.getPrice({ priceId: "openai/gpt-4o-mini", selector }));
    assert.equal(foreign.reason, "PRICE_VERSION_NOT_FOUND");
    const both = await refusal(
      client.getPrice({ priceId: "openai/gpt-4o", selector, at: timestampFromMs(0) }),
    );
    assert.deepEqual([both.reason, both.fields], ["REQUEST_INVALID", ["at"]]);
  });

  test("before any version is in force the first one to come is shown", async () => {
    const { price } = await client.getPrice({ priceId: "openai/gpt-4o", at: timestampFromMs(0) });
    assert.match(price?.version?.priceVersion ?? "", /^litellm-2026-08-06/);
  });

  test("an unknown price or book is refused", async () => {
    assert.equal((await refusal(client.getPrice({ priceId: "no/such" }))).reason, "PRICE_NOT_FOUND");
    const selector = { case: "priceBook" as const, value: "gold" };
    const error = await refusal(client.getPrice({ priceId: "openai/gpt-4o", selector }));
    assert.equal(error.reason, "PRICE_BOOK_NOT_FOUND");
  });
});

describe("ListPrices", () => {
  type Filter = Parameters<Client<typeof PricingService>["listPrices"]>[0];

  async function listAll(filter: Filter): Promise<string[]> {
    const ids: string[] = [];
    let pageToken = "";
    do {
      const page = await client.listPrices({ ...filter, pageToken });
      assert.ok(page.prices.length <= (filter.pageSize || 50));
      ids.push(...page.prices.map(({ priceId }) => priceId));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    return ids;
  }

  test("the pages together hold every price once, in order of id", async () => {
    const ids = await listAll({ pageSize: 1_000 });
    assert.equal(ids.length, 2_486);
    assert.deepEqual(ids, [...new Set(ids)].toSorted());
  });

  const filters: readonly [name: string, filter: Filter, every: (id: string) => boolean, some: string][] = [
    [
      "provider",
      { provider: "anthropic" },
      (id) => id.startsWith("anthropic/"),
      "anthropic/claude-sonnet-4-5",
    ],
    [
      "words in any order and case",
      { query: "Mini 4O openai/" },
      (id) => /openai/.test(id) && /mini/.test(id),
      "openai/gpt-4o-mini",
    ],
    [
      "mode",
      { mode: "embedding", provider: "openai" },
      (id) => id.includes("embedding"),
      "openai/text-embedding-3-small",
    ],
  ];
  for (const [name, filter, every, some] of filters) {
    test(`filters by ${name}, in pages of 3 as in one`, async () => {
      const ids = await listAll({ ...filter, pageSize: 1_000 });
      assert.ok(ids.includes(some), ids.join(" "));
      assert.ok(ids.every(every), ids.join(" "));
      assert.deepEqual(await listAll({ ...filter, pageSize: 3 }), ids);
    });
  }

  test("filters that no bundled price passes give nothing", async () => {
    for (const filter of [
      { currencyCode: "EUR" },
      { sourceId: "litellm" },
      { labels: { team: "a" } },
      { overriddenOnly: true },
      { query: "no-such-model" },
    ]) {
      assert.deepEqual(await listAll(filter), [], JSON.stringify(filter));
    }
    assert.equal((await listAll({ currencyCode: "USD", query: "gpt-4o-mini" })).length > 0, true);
  });

  test("a token belongs to its filter; the size of the page may change", async () => {
    const { nextPageToken } = await client.listPrices({ provider: "openai", pageSize: 2 });
    const next = await client.listPrices({ provider: "openai", pageSize: 5, pageToken: nextPageToken });
    assert.equal(next.prices.length, 5);
    const error = await refusal(client.listPrices({ provider: "azure", pageToken: nextPageToken }));
    assert.deepEqual([error.code, error.reason], [Code.InvalidArgument, "PAGE_TOKEN_INVALID"]);
  });

  test("an unknown book is refused", async () => {
    assert.equal((await refusal(client.listPrices({ priceBook: "gold" }))).reason, "PRICE_BOOK_NOT_FOUND");
  });
});
