import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { type Duration, durationFromMs, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import type { Redis } from "#platform/redis/redis.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { refusalOf } from "#platform/testing/refusal.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { startTestExchange, type TestExchange, testNowMs } from "../testing/test-exchange.ts";

const minuteMs = 60_000;
let server: TestRedis;
let redis: Redis;
let exchange: TestExchange;
let client: TestExchange["client"];
before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
  exchange = await startTestExchange({ redisUrl: server.url, quoteSpread: "0.02" });
  client = exchange.client;
});
after(async () => {
  await exchange?.stop();
  await redis?.close();
  await server?.stop();
});

let accounts = 0;
let accountId = "";
beforeEach(() => {
  accountId = `account-${++accounts}`;
});

const dollars = { fromCurrency: "USD", toCurrency: "EUR" };
interface QuoteChange {
  readonly toCurrency?: string;
  readonly ttl?: Duration;
  readonly spread?: string;
  readonly maxUses?: number;
  readonly maxAmount?: string;
  readonly idempotencyKey?: string;
}
const ask = (change: QuoteChange = {}) => ({ accountId, ...dollars, idempotencyKey: "one", ...change });
const convertUnder = (quoteId: string, change: object = {}) =>
  client.convert({ ...dollars, amount: "100", rateSource: { case: "quoteId", value: quoteId }, ...change });

describe("a quote", () => {
  test("promises the rate of now less the server's spread, for a minute and one use", async () => {
    const { quote, idempotentReplay } = await client.createQuote(ask());
    assert.equal(idempotentReplay, false);
    assert.deepEqual(
      [
        quote?.accountId,
        quote?.rate?.spread,
        quote?.rate?.quoteId,
        quote?.maxUses,
        quote?.maxAmount,
        quote?.createdBy,
      ],
      [accountId, "0.02", quote?.quoteId, 1, "", "test"],
    );
    // 0.98 ÷ 1.1684
    assert.equal(quote?.rate?.rate, "0.83875385142074632");
    assert.equal(timestampMs(quote!.createdAt!), testNowMs);
    assert.equal(timestampMs(quote!.expiresAt!), testNowMs + minuteMs);
    const read = await client.getQuote({ quoteId: quote!.quoteId });
    assert.deepEqual([read.quote, read.expired], [quote, false]);
  });

  test("holds its rate when rates change, in every instance, and says so in the conversion", async () => {
    const { quote } = await client.createQuote(ask({ spread: "0.01", maxUses: 0 }));
    await client.setRate({ baseCurrency: "EUR", quoteCurrency: "USD", rate: "1.2" });
    try {
      await using other = await startTestExchange({ redisUrl: server.url });
      const { conversion } = await other.client.convert({
        ...dollars,
        amount: "100",
        rateSource: { case: "quoteId", value: quote!.quoteId },
      });
      assert.deepEqual(
        [conversion?.converted?.amount, conversion?.rateInForce, conversion?.quote, conversion?.rate],
        ["84.73", undefined, quote, quote?.rate],
      );
      assert.equal(
        (await client.convert({ ...dollars, amount: "100" })).conversion?.converted?.amount,
        "83.33",
      );
    } finally {
      await client.clearRateOverride({ baseCurrency: "EUR", quoteCurrency: "USD" });
    }
  });

  test("without spread has the very steps of the rate", async () => {
    const { quote } = await client.createQuote(ask({ spread: "0" }));
    const { rate } = await client.getRate(dollars);
    assert.deepEqual(
      [quote?.rate?.spread, quote?.rate?.steps, quote?.rate?.rate],
      ["", rate?.rate?.steps, rate?.rate?.rate],
    );
  });

  test("asked for again by the same request is the same, whatever has changed; by another it is refused", async () => {
    const request = ask({ spread: "0.010", maxAmount: "500" });
    const { quote } = await client.createQuote(request);
    await client.deactivateCurrency({ currencyCode: "USD" });
    try {
      const again = await client.createQuote({ ...request, spread: "0.01", maxAmount: "500.0" });
      assert.deepEqual([again.quote, again.idempotentReplay], [quote, true]);
      assert.equal(
        (await refusalOf(client.createQuote(ask({ idempotencyKey: "two" })))).reason,
        "CURRENCY_INACTIVE",
      );
    } finally {
      await client.activateCurrency({ currencyCode: "USD" });
    }
    const other = await refusalOf(client.createQuote({ ...request, toCurrency: "JPY" }));
    assert.equal(other.reason, "IDEMPOTENCY_KEY_REUSED");
    const elsewhere = await client.createQuote({ ...request, accountId: `${accountId}-other` });
    assert.equal(elsewhere.idempotentReplay, false);
  });

  test("is made once by equal requests at the same time", async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => client.createQuote(ask())));
    assert.equal(new Set(all.map(({ quote }) => quote?.quoteId)).size, 1);
    assert.equal(all.filter(({ idempotentReplay }) => !idempotentReplay).length, 1);
  });

  test("is used no more from its expiry on, and can be read for 30 days after", async () => {
    const { quote } = await client.createQuote(ask({ ttl: durationFromMs(5 * minuteMs) }));
    const { quoteId } = quote!;
    exchange.clock.nowMs = testNowMs + 5 * minuteMs - 1;
    try {
      assert.ok((await convertUnder(quoteId)).conversion);
      exchange.clock.nowMs += 1;
      assert.equal((await refusalOf(convertUnder(quoteId))).reason, "QUOTE_EXPIRED");
      assert.deepEqual((await client.getQuote({ quoteId })).expired, true);
    } finally {
      exchange.clock.nowMs = testNowMs;
    }
    const key = `{exchange}:quote:${quoteId}`;
    const leftMs = Number(await redis.command(key, ["PTTL", key]));
    const days = leftMs / (24 * 60 * minuteMs);
    assert.ok(days > 29.9 && days < 30.1, `${days} days`);
  });
});

describe("a quote is refused", () => {
  test("in the other direction, for a larger amount, and for another account", async () => {
    const { quote } = await client.createQuote(ask({ maxAmount: "100" }));
    const { quoteId } = quote!;
    const other = await refusalOf(convertUnder(quoteId, { fromCurrency: "EUR", toCurrency: "USD" }));
    assert.deepEqual(
      [other.reason, other.metadata.from_currency, other.metadata.max_amount],
      ["QUOTE_NOT_APPLICABLE", "USD", "100"],
    );
    assert.equal(
      (await refusalOf(convertUnder(quoteId, { amount: "-100.01" }))).reason,
      "QUOTE_NOT_APPLICABLE",
    );
    assert.ok((await convertUnder(quoteId, { amount: "-100" })).conversion);

    const line = { ...dollars, amount: "", rateSource: { case: "quoteId" as const, value: quoteId } };
    const { results } = await client.convertBatch({
      lines: [{ ...line, accountId }, { ...line, accountId: "somebody" }, line, { ...dollars, amount: "1" }],
    });
    assert.deepEqual(
      results.map(({ result }) =>
        result.case === "error" ? result.value.reason : result.value?.quote?.quoteId,
      ),
      [quoteId, "QUOTE_NOT_FOUND", quoteId, undefined],
    );
  });

  test("to a token that is bound to another account, as if it did not exist", async () => {
    const { quote } = await client.createQuote(ask());
    const { quoteId } = quote!;
    const claims = { scopes: ["exchange.read", "exchange.manage"] };
    const own = await exchange.clientWith({ ...claims, account: accountId });
    const other = await exchange.clientWith({ ...claims, account: "somebody" });
    const use = { ...dollars, amount: "1", rateSource: { case: "quoteId" as const, value: quoteId } };
    assert.ok((await own.getQuote({ quoteId })).quote);
    assert.ok((await own.convert(use)).conversion);
    const foreign = await refusalOf(other.getQuote({ quoteId }));
    const missing = await refusalOf(other.getQuote({ quoteId: "qt_none" }));
    assert.deepEqual([foreign.reason, foreign.message], [missing.reason, missing.message]);
    assert.equal((await refusalOf(other.convert(use))).reason, "QUOTE_NOT_FOUND");
    const { results } = await other.convertBatch({ lines: [{ ...use, accountId }] });
    assert.equal(results[0]?.result.case === "error" && results[0].result.value.reason, "QUOTE_NOT_FOUND");
    assert.equal(
      (await refusalOf(other.createQuote(ask({ idempotencyKey: "x" })))).reason,
      "ACCOUNT_NOT_PERMITTED",
    );
    const chosen = await refusalOf(own.createQuote(ask({ idempotencyKey: "x", spread: "0" })));
    assert.deepEqual([chosen.reason, chosen.fields], ["QUOTE_TERMS_NOT_PERMITTED", ["spread"]]);
    assert.equal((await own.createQuote(ask({ idempotencyKey: "x" }))).quote?.rate?.spread, "0.02");
  });

  const requests = [
    { name: "between equal currencies", change: { toCurrency: "USD" }, reason: "RATE_INVALID" },
    { name: "in an unknown currency", change: { toCurrency: "XYZ" }, reason: "CURRENCY_UNKNOWN" },
    { name: "without a rate", change: { toCurrency: "AED" }, reason: "RATE_UNAVAILABLE" },
    { name: "at a rate that is too old", change: { toCurrency: "RUB" }, reason: "RATE_STALE" },
    {
      name: "for longer than a day",
      change: { ttl: durationFromMs(25 * 60 * minuteMs) },
      reason: "REQUEST_INVALID",
    },
    { name: "without a key", change: { idempotencyKey: "" }, reason: "REQUEST_INVALID" },
    { name: "that keeps all", change: { spread: "1" }, reason: "REQUEST_INVALID" },
  ];
  for (const { name, change, reason } of requests)
    test(`${name}: ${reason}`, async () => {
      assert.equal((await refusalOf(client.createQuote(ask(change)))).reason, reason);
    });

  test("when the account has a thousand open ones; those that expired do not count", async () => {
    const indexes = Array.from({ length: 1_000 }, (_, index) => index);
    for (let first = 0; first < indexes.length; first += 100)
      await Promise.all(
        indexes
          .slice(first, first + 100)
          .map((index) => client.createQuote(ask({ idempotencyKey: `k${index}` }))),
      );
    const refused = await refusalOf(client.createQuote(ask({ idempotencyKey: "more" })));
    assert.deepEqual([refused.reason, refused.metadata.limit], ["QUOTE_LIMIT_REACHED", "1000"]);
    exchange.clock.nowMs = testNowMs + minuteMs;
    try {
      assert.ok((await client.createQuote(ask({ idempotencyKey: "more" }))).quote);
    } finally {
      exchange.clock.nowMs = testNowMs;
    }
  });
});

test("lines without a quote are converted while the quotes cannot be read", async (context) => {
  await using own = await startRedis();
  await using alone = await startTestExchange({ redisUrl: own.url });
  const lines = [
    { ...dollars, amount: "1", rateSource: { case: "quoteId" as const, value: "qt_none" } },
    { ...dollars, amount: "1" },
    { ...dollars, amount: "1", rateSource: { case: "asOf" as const, value: timestampFromMs(testNowMs) } },
  ];
  // Asked before Redis goes, the token is known not to be revoked: for a second, however long that takes here.
  context.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  assert.equal((await alone.client.convertBatch({ lines })).results.length, 3);
  await own.kill();
  const { results } = await alone.client.convertBatch({ lines });
  assert.deepEqual(
    results.map(({ result }) =>
      result.case === "error" ? result.value.reason : result.value?.converted?.amount,
    ),
    ["STORE_UNAVAILABLE", "0.86", "0.86"],
  );
});
