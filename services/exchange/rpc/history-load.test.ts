import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { eventually } from "#platform/testing/eventually.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { startScriptedHttpServer } from "#platform/testing/scripted-http-server.ts";
import { ecbZip } from "../testing/feed-bodies.ts";
import { longHistory } from "../testing/long-history.ts";
import { labProviders, startLabExchange } from "../testing/provider-lab.ts";
import { publishedAt } from "../testing/published-days.ts";

let redis: TestRedis;
before(async () => {
  redis = await startRedis();
});
after(async () => {
  await redis?.stop();
});

/** As many days as the ECB has published from 1999 to April 2026. */
const days = longHistory(6_983);

test("27 years are loaded at once, and every instance answers at any time in them", async () => {
  await using server = await startScriptedHttpServer();
  const providers = labProviders(server, ["ecb-history"]);
  server.reply(providers[0]!.path, { body: ecbZip(days) });
  const nowMs = publishedAt(days.at(-1)!.day);
  await using exchange = await startLabExchange(redis.url, server, providers, { nowMs });
  // On a machine that is busy with other things the store may not answer in time; a refresh can be repeated.
  await eventually(async () => {
    const { refreshes } = await exchange.client.refreshRates({});
    assert.equal(refreshes[0]?.errorReason, "");
  }, 120_000);

  await using later = await startLabExchange(redis.url, server, providers, { nowMs });
  for (let index = 0; index < days.length; index += 500) {
    const { day, rates } = days[index]!;
    const { conversion } = await later.client.convert({
      fromCurrency: "EUR",
      toCurrency: "JPY",
      amount: "1",
      rateSource: { case: "asOf", value: timestampFromMs(publishedAt(day)) },
      exact: true,
    });
    assert.equal(Number(conversion?.unroundedAmount), Number(rates.JPY), day);
  }
  let count = 0;
  let pageToken = "";
  do {
    const pair = { fromCurrency: "USD", toCurrency: "ZAR", pageSize: 1_000, pageToken };
    const page = await later.client.listRateHistory(pair);
    count += page.rates.length;
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  assert.equal(count, days.length);
});
