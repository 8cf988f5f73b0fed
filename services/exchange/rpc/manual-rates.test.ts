import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { eventually } from "#platform/testing/eventually.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { refusalOf } from "#platform/testing/refusal.ts";
import { startTestExchange, type TestExchange, testNowMs } from "../testing/test-exchange.ts";

const hourMs = 60 * 60 * 1_000;
let server: TestRedis;

before(async () => {
  server = await startRedis();
});

after(async () => {
  await server?.stop();
});

/** Each test has its own pairs in one Redis, and its own clock. */
async function withExchange(use: (exchange: TestExchange) => Promise<void>): Promise<void> {
  await using exchange = await startTestExchange({ redisUrl: server.url });
  await use(exchange);
}

const rateOf = async ({ client }: TestExchange, from: string, to: string, asOfMs?: number) => {
  const asOf = asOfMs === undefined ? {} : { asOf: timestampFromMs(asOfMs) };
  const { rate } = await client.getRate({ fromCurrency: from, toCurrency: to, ...asOf });
  return [rate?.rate?.rate, rate?.rate?.provider];
};

describe("a manual rate", () => {
  test("wins over every provider until its end, both ways and in crosses", async () => {
    await withExchange(async (exchange) => {
      const endsAtMs = testNowMs + hourMs;
      const { override } = await exchange.client.setRate({
        baseCurrency: "EUR",
        quoteCurrency: "USD",
        rate: "1.2500",
        endsAt: timestampFromMs(endsAtMs),
        comment: "agreed with the bank",
      });
      assert.deepEqual(
        [override?.rate, override?.configVersion, override?.comment, override?.createdBy],
        ["1.2500", 1n, "agreed with the bank", "test"],
      );
      assert.deepEqual(await rateOf(exchange, "EUR", "USD"), ["1.25", "manual"]);
      assert.deepEqual(await rateOf(exchange, "USD", "EUR"), ["0.8", "manual"]);
      const { rate } = await exchange.client.getRate({ fromCurrency: "USD", toCurrency: "JPY" });
      assert.equal(rate?.rate?.rate, "149.4");
      assert.deepEqual(rate?.override, override);
      assert.equal(timestampMs(rate!.usableUntil!), endsAtMs);
      const named = { fromCurrency: "EUR", toCurrency: "USD", providerId: "ecb" };
      assert.equal((await exchange.client.getRate(named)).rate?.rate?.rate, "1.1684");

      const listed = await exchange.client.listRates({
        fromCurrency: "EUR",
        toCurrencies: ["JPY", "USD"],
        overriddenOnly: true,
      });
      assert.deepEqual(
        listed.rates.map(({ pair }) => pair?.toCurrency),
        ["USD"],
      );

      exchange.clock.nowMs = endsAtMs;
      assert.deepEqual(await rateOf(exchange, "EUR", "USD"), ["1.1684", "ecb"]);
      assert.deepEqual(await rateOf(exchange, "EUR", "USD", endsAtMs - 1), ["1.25", "manual"]);
    });
  });

  test("is cleared, and stays in the history", async () => {
    await withExchange(async (exchange) => {
      const pair = { baseCurrency: "AUD", quoteCurrency: "NZD" };
      await exchange.client.setRate({ ...pair, rate: "1.1" });
      exchange.clock.nowMs = testNowMs + hourMs;
      const { rate } = await exchange.client.clearRateOverride({ ...pair, configVersion: 1n });
      assert.equal(rate?.result.case === "error" && rate.result.value.reason, "RATE_UNAVAILABLE");
      assert.ok((await exchange.client.clearRateOverride({ ...pair, configVersion: 1n })).rate);
      const again = await refusalOf(exchange.client.clearRateOverride(pair));
      assert.equal(again.reason, "RATE_OVERRIDE_NOT_FOUND");
      assert.deepEqual(await rateOf(exchange, "AUD", "NZD", testNowMs + hourMs - 1), ["1.1", "manual"]);
      const { override } = await exchange.client.setRate({ ...pair, rate: "1.15", configVersion: 0n });
      assert.equal(override?.configVersion, 3n);
    });
  });

  test("can be set ahead; the one before holds until then", async () => {
    await withExchange(async (exchange) => {
      const pair = { baseCurrency: "SGD", quoteCurrency: "HKD" };
      await exchange.client.setRate({ ...pair, rate: "6" });
      const later = testNowMs + hourMs;
      const inverse = { baseCurrency: "HKD", quoteCurrency: "SGD", rate: "0.16" };
      await exchange.client.setRate({ ...inverse, effectiveFrom: timestampFromMs(later) });
      assert.deepEqual(await rateOf(exchange, "SGD", "HKD"), ["6", "manual"]);
      exchange.clock.nowMs = later;
      assert.deepEqual(await rateOf(exchange, "SGD", "HKD"), ["6.25", "manual"]);
      await exchange.client.clearRateOverride(pair);
      assert.equal(
        (await refusalOf(exchange.client.getRate({ fromCurrency: "SGD", toCurrency: "HKD" }))).reason,
        "RATE_UNAVAILABLE",
      );
    });
  });

  test("repeated answers with what it made; on another version it is refused", async () => {
    await withExchange(async ({ client }) => {
      const request = { baseCurrency: "CAD", quoteCurrency: "MXN", rate: "12", configVersion: 0n };
      const { override } = await client.setRate(request);
      assert.deepEqual((await client.setRate(request)).override, override);
      const other = await refusalOf(client.setRate({ ...request, rate: "12.1" }));
      assert.deepEqual([other.reason, other.metadata.current_version], ["VERSION_MISMATCH", "1"]);
      const next = await client.setRate({ ...request, rate: "12.1", configVersion: 1n });
      assert.equal(next.override?.configVersion, 2n);
    });
  });

  test("that jumps is refused, saying by how much, unless that is accepted", async () => {
    await withExchange(async ({ client }) => {
      const request = { baseCurrency: "JPY", quoteCurrency: "EUR", rate: "0.0061" };
      const jump = await refusalOf(client.setRate(request));
      assert.deepEqual(
        [jump.reason, jump.metadata.last_good_rate, jump.metadata.change_percent],
        ["RATE_JUMP", "0.00535475234270415", "13.9175"],
      );
      await client.setRate({ ...request, acceptJump: true });
      await client.clearRateOverride({ baseCurrency: "EUR", quoteCurrency: "JPY" });
    });
  });

  const refusals = [
    { change: { quoteCurrency: "CHF" }, reason: "RATE_INVALID", fields: ["quote_currency"] },
    { change: { quoteCurrency: "XYZ" }, reason: "CURRENCY_UNKNOWN", fields: [] },
    { change: { rate: "0" }, reason: "REQUEST_INVALID", fields: ["rate"] },
    { change: { endsAt: timestampFromMs(testNowMs) }, reason: "RATE_INVALID", fields: ["ends_at"] },
    {
      change: { effectiveFrom: timestampFromMs(testNowMs - hourMs) },
      reason: "TIME_OUT_OF_RANGE",
      fields: ["effective_from"],
    },
  ];
  for (const { change, reason, fields } of refusals) {
    test(`is refused with ${Object.keys(change)}: ${reason}`, async () => {
      await withExchange(async ({ client }) => {
        const request = { baseCurrency: "CHF", quoteCurrency: "SEK", rate: "11.7", ...change };
        const refused = await refusalOf(client.setRate(request));
        assert.deepEqual([refused.reason, refused.fields], [reason, fields]);
      });
    });
  }
});

test("another instance sees a manual rate within a second and converts by it", async () => {
  await withExchange(async (one) => {
    await withExchange(async (other) => {
      await one.client.setRate({ baseCurrency: "PLN", quoteCurrency: "CZK", rate: "5.7" });
      await eventually(async () => assert.deepEqual(await rateOf(other, "PLN", "CZK"), ["5.7", "manual"]));
    });
  });
});
