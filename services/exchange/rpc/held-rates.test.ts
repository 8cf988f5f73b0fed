import assert from "node:assert/strict";
import { test } from "node:test";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { HeldRateState, HoldReason } from "#gen/billing/exchange/v1/exchange_rate_pb.ts";
import { refusalOf } from "#platform/testing/refusal.ts";
import type { FeedDay } from "../testing/feed-bodies.ts";
import { heldOf, rateOf, redis, refresh, shown, withRates } from "../testing/held-rates.ts";
import { firstDay, secondDay, withLab } from "../testing/provider-lab.ts";
import { publishedAt } from "../testing/published-days.ts";

const inverted = ({ day, rates }: FeedDay): FeedDay => ({
  day,
  rates: Object.fromEntries(
    Object.entries(rates).map(([code, rate]) => [code, (1 / Number(rate)).toFixed(6)]),
  ),
});

test("one rate × 100 is held, its last good one stays, and the others of the day come into force", async () => {
  await withLab(redis.url, ["ecb-daily"], async ({ exchange, providers: [provider] }) => {
    provider!.publish(firstDay);
    await refresh(exchange);
    provider!.publish(withRates(secondDay, { JPY: "18710" }));
    const [result] = await refresh(exchange);
    assert.deepEqual([result?.acceptedCount, result?.heldCount], [3, 1]);
    assert.deepEqual([await rateOf(exchange, "JPY"), await rateOf(exchange, "USD")], ["186.75", "1.1702"]);
    const [held] = await heldOf(exchange);
    assert.deepEqual(
      [
        held?.holdReason,
        held?.state,
        held?.published?.publishedRate,
        held?.lastGood?.publishedRate,
        held?.changePercent,
        held?.published?.provider,
      ],
      [HoldReason.JUMP, HeldRateState.HELD, "18710", "186.75", "9918.741633", provider!.providerId],
    );
    assert.equal(timestampMs(held!.published!.publishedAt!), publishedAt(secondDay.day));
    const { providerId } = provider!;
    assert.equal((await exchange.client.getProvider({ providerId })).provider?.status?.heldCount, 1);
    await refresh(exchange);
    assert.equal((await heldOf(exchange)).length, 1, "the same publication is not held twice");
  });
});

test("an inverted feed is held as a whole, also what lies near 1", async () => {
  await withLab(redis.url, ["frankfurter-v1"], async ({ exchange, providers: [provider] }) => {
    const nearOne = withRates(firstDay, { CHF: "0.98" });
    provider!.publish(nearOne);
    await refresh(exchange);
    provider!.publish(inverted({ ...nearOne, day: secondDay.day }));
    const [result] = await refresh(exchange);
    assert.deepEqual([result?.acceptedCount, result?.heldCount], [0, 4]);
    assert.deepEqual(await shown(exchange), {
      USD: "INVERTED",
      JPY: "INVERTED",
      GBP: "INVERTED",
      CHF: "INVERTED",
    });
    assert.equal(await rateOf(exchange, "USD"), "1.1684");
  });
});

test("a date in the future is held, and judged anew when it has come", async () => {
  await withLab(redis.url, ["open-er-api"], async ({ exchange, providers: [provider] }) => {
    provider!.publish(firstDay);
    await refresh(exchange);
    provider!.publish({ ...secondDay, day: "2026-04-15" });
    const [result] = await refresh(exchange);
    assert.deepEqual([result?.acceptedCount, result?.heldCount], [0, 4]);
    assert.equal((await shown(exchange)).USD, "FUTURE_DATE");
    assert.equal(await rateOf(exchange, "USD"), "1.1684");
    exchange.clock.nowMs = publishedAt("2026-04-15");
    const [due] = await refresh(exchange);
    assert.deepEqual([due?.acceptedCount, due?.heldCount], [4, 0]);
    assert.deepEqual(await heldOf(exchange), []);
    assert.equal(await rateOf(exchange, "USD"), "1.1702");
  });
});

test("a date that is far off neither makes other rates look old nor hides the age of the rates", async () => {
  await withLab(redis.url, ["open-er-api"], async ({ exchange, providers: [provider] }) => {
    provider!.publish(firstDay);
    await refresh(exchange);
    provider!.publish({ ...secondDay, day: "2027-04-14" });
    await refresh(exchange);
    const { providerId } = provider!;
    const { status } = (await exchange.client.getProvider({ providerId })).provider!;
    assert.equal(timestampMs(status!.lastPublishedAt!), publishedAt(firstDay.day));
    provider!.publish(withRates(secondDay, { JPY: "999" }));
    await refresh(exchange);
    const jump = (await heldOf(exchange)).find(({ holdReason }) => holdReason === HoldReason.JUMP);
    await exchange.client.approveHeldRate({ heldRateId: jump!.heldRateId });
    assert.equal(await rateOf(exchange, "JPY"), "999");
  });
});

test("a day that comes again changes nothing; with another rate that is held as revised", async () => {
  await withLab(redis.url, ["ecb-daily"], async ({ exchange, providers: [provider] }) => {
    provider!.publish(secondDay);
    await refresh(exchange);
    provider!.publish(withRates(secondDay, { USD: "1.17020" }));
    assert.deepEqual([(await refresh(exchange))[0]?.acceptedCount, await heldOf(exchange)], [0, []]);
    provider!.publish(withRates(secondDay, { USD: "1.1703" }));
    await refresh(exchange);
    const [held] = await heldOf(exchange);
    assert.deepEqual([held?.holdReason, held?.published?.publishedRate], [HoldReason.REVISED, "1.1703"]);
    assert.equal(await rateOf(exchange, "USD"), "1.1702");
    await exchange.client.approveHeldRate({ heldRateId: held!.heldRateId });
    assert.equal(await rateOf(exchange, "USD"), "1.1703");
  });
});

test("a rate that differs from the median of the providers is held, with what the others say", async () => {
  const formats = ["ecb-daily", "open-er-api", "open-exchange-rates"] as const;
  await withLab(redis.url, formats, async ({ exchange, providers }) => {
    const [first, second, third] = providers;
    for (const each of [first!, second!]) each.publish(secondDay);
    third!.publish(withRates(secondDay, { USD: "1.21" }));
    for (const { providerId } of providers) await exchange.client.refreshRates({ providerIds: [providerId] });
    const [held] = await heldOf(exchange);
    assert.deepEqual(
      [held?.holdReason, held?.published?.provider, held?.others.map(({ provider }) => provider)],
      [HoldReason.CONSENSUS, third!.providerId, [first!.providerId, second!.providerId]],
    );
    const own = { fromCurrency: "EUR", toCurrency: "USD", providerId: third!.providerId };
    assert.equal((await refusalOf(exchange.client.getRate(own))).reason, "RATE_UNAVAILABLE");
  });
});

test("the first rates of a provider are compared with what others say", async () => {
  await withLab(redis.url, ["ecb-daily", "open-er-api"], async ({ exchange, server, providers }) => {
    const [first, second] = providers;
    first!.publish(firstDay);
    server.reply(second!.path, { status: 500 });
    await refresh(exchange);
    // Based on dollars: compared with the cross over the euro.
    const body = `{"result":"success","time_last_update_unix":${publishedAt(secondDay.day) / 1_000},"base_code":"USD","rates":{"JPY":"15983","EUR":"0.8558"}}`;
    server.reply(second!.path, { body });
    await refresh(exchange);
    const [held, ...others] = await heldOf(exchange);
    assert.deepEqual(others, []);
    assert.deepEqual(
      [held?.published?.baseCurrency, held?.published?.quoteCurrency, held?.lastGood?.publishedRate],
      ["USD", "JPY", "159.833960972269770626"],
    );
  });
});

test("a provider that changes its base currency is compared with its own rates of before", async () => {
  await withLab(redis.url, ["open-er-api"], async ({ exchange, server, providers: [provider] }) => {
    provider!.publish(firstDay);
    await refresh(exchange);
    const body = `{"result":"success","time_last_update_unix":${publishedAt(secondDay.day) / 1_000},"base_code":"USD","rates":{"JPY":"1.5983","EUR":"0.8558"}}`;
    server.reply(provider!.path, { body });
    const [result] = await refresh(exchange);
    assert.deepEqual([result?.acceptedCount, result?.heldCount], [1, 1]);
    assert.deepEqual(await shown(exchange), { JPY: "JUMP" });
  });
});

test("a currency's own guard decides what is a jump", async () => {
  await withLab(redis.url, ["ecb-daily"], async ({ exchange, providers: [provider] }) => {
    const { client } = exchange;
    const { currency } = await client.getCurrency({ currencyCode: "TRY" });
    const guard = { maxChangePercent: "40", consensusPercent: "2", consensusProviders: 3 };
    await client.updateCurrency({
      currencyCode: "TRY",
      configVersion: currency!.configVersion,
      guard,
    });
    provider!.publish(withRates(firstDay, { TRY: "50", SEK: "11" }));
    await refresh(exchange);
    provider!.publish(withRates(secondDay, { TRY: "65", SEK: "13" }));
    await refresh(exchange);
    assert.deepEqual(await shown(exchange), { SEK: "JUMP" });
    assert.equal(await rateOf(exchange, "TRY"), "65");
  });
});
