import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Client, Code } from "@connectrpc/connect";
import type { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { Decimal } from "#money/decimal.ts";
import { chat, client } from "../shared-pricing.ts";
import { refusal } from "../test-pricing.ts";

describe("CalculatePrice", () => {
  test("answers with total, lines, version, book and time", async () => {
    const at = timestampFromMs(Date.parse("2026-09-01T12:00:00.123Z"));
    const { priced } = await client.calculatePrice({ usage: { ...chat(1_200, 350), at } });
    assert.equal(priced?.exactTotal, "0.0065");
    assert.equal(priced?.currencyCode, "USD");
    assert.equal(priced?.priceId, "openai/gpt-4o");
    assert.equal(priced?.priceBook, "default");
    assert.match(priced?.priceVersion ?? "", /^litellm-2026-08-06[.]/);
    assert.deepEqual(priced?.at, at);
    assert.deepEqual(
      priced?.lineItems.map(({ $typeName: _, ...line }) => line),
      [
        {
          meter: "input_tokens",
          quantity: "1200",
          unitPrice: "2.5",
          per: "1000000",
          amount: "0.003",
          description: "1,200 input tokens × 2.5 USD per 1,000,000 = 0.003 USD",
        },
        {
          meter: "output_tokens",
          quantity: "350",
          unitPrice: "10",
          per: "1000000",
          amount: "0.0035",
          description: "350 output tokens × 10 USD per 1,000,000 = 0.0035 USD",
        },
      ],
    );
  });

  test("without a time the time of the call counts", async () => {
    const beforeMs = Date.now();
    const { priced } = await client.calculatePrice({ usage: chat(1, 1) });
    const atMs = Number(priced?.at?.seconds) * 1_000 + Math.floor((priced?.at?.nanos ?? 0) / 1_000_000);
    assert.ok(atMs >= beforeMs && atMs <= Date.now());
  });

  test("by the version that it named, it gives the same again, also for a time before that version", async () => {
    const usage = { ...chat(7, 11), attributes: { service_tier: "batch" } };
    const { priced } = await client.calculatePrice({ usage });
    assert.ok(priced);
    assert.match(priced.lineItems[0]?.description ?? "", /\(service tier batch\)$/);
    const selector = { case: "priceVersion" as const, value: priced.priceVersion };
    const at = timestampFromMs(Date.parse("2020-01-01T00:00:00Z"));
    const { priced: again } = await client.calculatePrice({ usage: { ...usage, at }, selector });
    assert.deepEqual({ ...again, at: priced.at }, priced);
  });

  const book = (value: string) => ({ case: "priceBook" as const, value });
  const version = (value: string) => ({ case: "priceVersion" as const, value });
  const refused: readonly {
    name: string;
    request: Parameters<Client<typeof PricingService>["calculatePrice"]>[0];
    code: Code;
    reason: string;
    facts?: Record<string, string>;
    fields?: string[];
    says?: RegExp;
  }[] = [
    {
      name: "an unknown price, with a hint",
      request: { usage: { priceId: "gpt-4o" } },
      code: Code.NotFound,
      reason: "PRICE_NOT_FOUND",
      facts: { price_id: "gpt-4o", price_book: "default" },
      says: /openai\/gpt-4o/,
    },
    {
      name: "a time before the prices begin",
      request: { usage: { ...chat(1, 1), at: timestampFromMs(Date.parse("2026-08-05T23:59:59Z")) } },
      code: Code.NotFound,
      reason: "PRICE_NOT_FOUND",
      says: /2026-08-06/,
    },
    {
      name: "an unknown book",
      request: { usage: chat(1, 1), selector: book("gold") },
      code: Code.NotFound,
      reason: "PRICE_BOOK_NOT_FOUND",
      facts: { price_book: "gold" },
    },
    {
      name: "an unknown version",
      request: { usage: chat(1, 1), selector: version("litellm-2020-01-01.0") },
      code: Code.NotFound,
      reason: "PRICE_VERSION_NOT_FOUND",
    },
    {
      name: "an unknown meter",
      request: { usage: { priceId: "openai/gpt-4o", quantities: { images: "1" } } },
      code: Code.InvalidArgument,
      reason: "METER_UNKNOWN",
      facts: { meter: "images", price_id: "openai/gpt-4o" },
    },
    {
      name: "a meter that the model has no price for",
      request: {
        usage: {
          priceId: "openai/gpt-4o",
          quantities: { input_tokens: "5", input_audio_tokens: "5" },
        },
      },
      code: Code.FailedPrecondition,
      reason: "PRICE_NOT_APPLICABLE",
      facts: { meter: "input_audio_tokens", price_id: "openai/gpt-4o" },
    },
    {
      name: "more cached than there was",
      request: {
        usage: { priceId: "openai/gpt-4o", quantities: { input_tokens: "5", cached_input_tokens: "6" } },
      },
      code: Code.InvalidArgument,
      reason: "USAGE_INVALID",
    },
    {
      name: "a negative quantity",
      request: { usage: { priceId: "openai/gpt-4o", quantities: { input_tokens: "-1" } } },
      code: Code.InvalidArgument,
      reason: "REQUEST_INVALID",
      fields: ['usage.quantities["input_tokens"]'],
    },
    {
      name: "a time that is none",
      request: { usage: { ...chat(1, 1), at: { seconds: 1n << 60n, nanos: 0 } } },
      code: Code.InvalidArgument,
      reason: "REQUEST_INVALID",
      fields: ["usage.at"],
    },
    {
      name: "no usage",
      request: {},
      code: Code.InvalidArgument,
      reason: "REQUEST_INVALID",
      fields: ["usage"],
    },
  ];
  for (const { name, request, code, reason, facts, fields, says } of refused) {
    test(`${name} is ${reason}`, async () => {
      const error = await refusal(client.calculatePrice(request));
      assert.deepEqual([error.code, error.reason], [code, reason]);
      if (facts !== undefined) assert.deepEqual(error.facts, facts);
      if (fields !== undefined) assert.deepEqual(error.fields, fields);
      if (says !== undefined) assert.match(error.message, says);
    });
  }
});

describe("CalculatePrices", () => {
  test("a failed line says why and leaves the others alone", async () => {
    const { results } = await client.calculatePrices({
      lines: [
        { usage: chat(1_000_000, 0) },
        { usage: chat(1, 1), selector: { case: "priceBook", value: "gold" } },
        { usage: { priceId: "openai/gpt-4o", quantities: { images: "1" } } },
        { usage: chat(0, 1_000_000), selector: { case: "priceBook", value: "default" } },
      ],
    });
    assert.deepEqual(
      results.map(({ result }) =>
        result.case === "priced" ? result.value.exactTotal : [result.value?.reason, result.value?.metadata],
      ),
      [
        "2.5",
        ["PRICE_BOOK_NOT_FOUND", { price_book: "gold" }],
        ["METER_UNKNOWN", { meter: "images", price_id: "openai/gpt-4o" }],
        "10",
      ],
    );
  });

  test("a line that breaks the contract refuses the request and is named", async () => {
    const bad = { ...chat(1, 1), endedAt: { seconds: 0n, nanos: -1 } };
    const error = await refusal(client.calculatePrices({ lines: [{ usage: chat(1, 1) }, { usage: bad }] }));
    assert.deepEqual([error.reason, error.fields], ["REQUEST_INVALID", ["lines[1].usage.ended_at"]]);
  });

  test("10,001 lines are refused", async () => {
    const lines = Array.from({ length: 10_001 }, () => ({ usage: { priceId: "a" } }));
    const error = await refusal(client.calculatePrices({ lines }));
    assert.deepEqual([error.reason, error.fields], ["REQUEST_INVALID", ["lines"]]);
  });
});

// The last one: client and service share this process, and what is as large as this keeps both busy for a while.
test("CalculatePrices prices 10,000 lines in one call, in order, good and bad", async () => {
  const lines = Array.from({ length: 10_000 }, (_, index) => ({
    usage: index % 100 === 99 ? { priceId: "no/such" } : chat(index, index),
  }));
  const { results } = await client.calculatePrices({ lines });
  assert.equal(results.length, 10_000);
  for (const [index, { result }] of results.entries()) {
    if (index % 100 === 99) {
      assert.equal(result.case === "error" && result.value.reason, "PRICE_NOT_FOUND");
    } else {
      const expected = Decimal.ofUnits(BigInt(index) * 125n, 7).toString();
      assert.equal(result.case === "priced" && result.value.exactTotal, expected);
    }
  }
});
