import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import type { WatchRatesResponse } from "#gen/billing/exchange/v1/rate_rpc_pb.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { refusalOf } from "#platform/testing/refusal.ts";
import { firstDay, secondDay, withLab } from "../testing/provider-lab.ts";
import { startTestExchange, type TestExchange, testNowMs } from "../testing/test-exchange.ts";

let redis: TestRedis;
before(async () => {
  redis = await startRedis();
});
after(async () => {
  await redis?.stop();
});

const pair = (fromCurrency: string, toCurrency: string) => ({ fromCurrency, toCurrency });
const shown = ({ event }: WatchRatesResponse) => {
  if (event.case === "heartbeat") return "heartbeat";
  const { pair, result } = event.value!;
  const what = result.case === "rate" ? result.value.rate?.rate : result.value?.reason;
  return `${pair?.fromCurrency}>${pair?.toCurrency} ${what}`;
};

/** A stream that is read event by event, and ended with the test. */
function watch({ client }: TestExchange, ...pairs: ReadonlyArray<ReturnType<typeof pair>>) {
  const ending = new AbortController();
  const events = client.watchRates({ pairs: [...pairs] }, { signal: ending.signal })[Symbol.asyncIterator]();
  return {
    async next() {
      const { value, done } = await events.next();
      assert.ok(!done, "the stream has ended");
      return value;
    },
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      await events.next().catch(() => {});
    },
  };
}

describe("WatchRates", () => {
  test("begins with each pair, then tells what is set, cleared and published, and only what changed", async () => {
    await withLab(redis.url, ["ecb-daily"], async ({ exchange, providers: [provider] }) => {
      provider!.publish(firstDay);
      await exchange.client.refreshRates({});
      await using stream = watch(exchange, pair("EUR", "USD"), pair("JPY", "EUR"), pair("EUR", "SEK"));
      const first = [await stream.next(), await stream.next(), await stream.next()].map(shown);
      assert.deepEqual(first, ["EUR>USD 1.1684", "JPY>EUR 0.00535475234270415", "EUR>SEK RATE_UNAVAILABLE"]);
      const manual = { baseCurrency: "EUR", quoteCurrency: "SEK" };
      await exchange.client.setRate({ ...manual, rate: "11" });
      assert.equal(shown(await stream.next()), "EUR>SEK 11");
      await exchange.client.clearRateOverride(manual);
      assert.equal(shown(await stream.next()), "EUR>SEK RATE_UNAVAILABLE");
      provider!.publish({ ...secondDay, rates: { USD: "1.1702", JPY: "186.75" } });
      await exchange.client.refreshRates({});
      // The same rate of another day is another rate: it may be used for longer.
      const second = [shown(await stream.next()), shown(await stream.next())];
      assert.deepEqual(second, ["EUR>USD 1.1702", "JPY>EUR 0.00535475234270415"]);
    });
  });

  test("tells of changes that another instance made", async () => {
    await using one = await startTestExchange({ redisUrl: redis.url });
    await using other = await startTestExchange({ redisUrl: redis.url });
    await using stream = watch(other, pair("NOK", "ISK"));
    assert.equal(shown(await stream.next()), "NOK>ISK RATE_UNAVAILABLE");
    await one.client.setRate({ baseCurrency: "NOK", quoteCurrency: "ISK", rate: "13" });
    assert.equal(shown(await stream.next()), "NOK>ISK 13");
  });

  test("tells when a manual rate ends and when a rate becomes too old, though nothing is written", async () => {
    await using exchange = await startTestExchange({ redisUrl: redis.url, heartbeatMs: 50 });
    const nextRate = async (stream: ReturnType<typeof watch>) => {
      for (;;) {
        const event = shown(await stream.next());
        if (event !== "heartbeat") return event;
      }
    };
    const endsAt = timestampFromMs(testNowMs + 60_000);
    await exchange.client.setRate({ baseCurrency: "EUR", quoteCurrency: "GBP", rate: "0.88", endsAt });
    await using stream = watch(exchange, pair("EUR", "GBP"));
    assert.equal(await nextRate(stream), "EUR>GBP 0.88");
    exchange.clock.nowMs = testNowMs + 60_000;
    assert.equal(await nextRate(stream), "EUR>GBP 0.87058");
    exchange.clock.nowMs = Date.parse("2026-04-19T14:00:00Z");
    assert.equal(await nextRate(stream), "EUR>GBP RATE_STALE");
  });

  test("says that it lives while nothing changes", async () => {
    await using exchange = await startTestExchange({ redisUrl: redis.url, heartbeatMs: 20 });
    await using stream = watch(exchange, pair("EUR", "JPY"));
    await stream.next();
    const { event } = await stream.next();
    assert.equal(event.case === "heartbeat" && timestampMs(event.value), testNowMs);
    assert.equal(shown(await stream.next()), "heartbeat");
  });

  test("ends when the server stops, so that the client goes to another, where it begins anew", async () => {
    const exchange = await startTestExchange({ redisUrl: redis.url });
    await using stream = watch(exchange, pair("EUR", "JPY"));
    await stream.next();
    const stopping = exchange.stop();
    await assert.rejects(stream.next(), (error) => ConnectError.from(error).code === Code.Unavailable);
    await stopping;
    await using next = await startTestExchange({ redisUrl: redis.url });
    await using again = watch(next, pair("EUR", "JPY"));
    assert.equal(shown(await again.next()), "EUR>JPY 186.75");
  });

  test("refuses an unknown currency, and no pairs at all", async () => {
    await using exchange = await startTestExchange({ redisUrl: redis.url });
    const first = (pairs: ReadonlyArray<ReturnType<typeof pair>>) =>
      refusalOf(
        exchange.client
          .watchRates({ pairs: [...pairs] })
          [Symbol.asyncIterator]()
          .next(),
      );
    assert.equal((await first([pair("EUR", "XYZ")])).reason, "CURRENCY_UNKNOWN");
    assert.equal((await first([])).reason, "REQUEST_INVALID");
  });
});
