import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { HeldRateState, HoldReason } from "#gen/billing/exchange/v1/exchange_rate_pb.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { refusalOf } from "#platform/testing/refusal.ts";
import { startScriptedHttpServer } from "#platform/testing/scripted-http-server.ts";
import { ecbCsv, type FeedDay } from "../testing/feed-bodies.ts";
import { firstDay, labProviders, secondDay, startLabExchange, withLab } from "../testing/provider-lab.ts";
import { dayMs, publishedAt } from "../testing/published-days.ts";
import type { TestExchange } from "../testing/test-exchange.ts";

let redis: TestRedis;
before(async () => {
  redis = await startRedis();
});
after(async () => {
  await redis?.stop();
});

const rateOf = async ({ client }: TestExchange, to: string, asOfMs?: number) => {
  const asOf = asOfMs === undefined ? {} : { asOf: timestampFromMs(asOfMs) };
  const { rate } = await client.getRate({ fromCurrency: "EUR", toCurrency: to, ...asOf });
  return rate?.rate?.rate;
};
const refresh = async ({ client }: TestExchange) =>
  (await client.refreshRates({ ignoreEtag: true })).refreshes;
const heldOf = async ({ client }: TestExchange, request: { state?: HeldRateState } = {}) =>
  (await client.listHeldRates(request)).heldRates;
const nameOf = (reason: number) =>
  Object.entries(HoldReason).find(([, number]) => number === reason)?.[0] ?? "";
const shown = async (exchange: TestExchange, request: { state?: HeldRateState } = {}) =>
  Object.fromEntries(
    (await heldOf(exchange, request)).map(({ published, holdReason }) => [
      published?.quoteCurrency,
      nameOf(holdReason),
    ]),
  );
const withRates = (day: FeedDay, rates: Record<string, string>): FeedDay => ({
  ...day,
  rates: { ...day.rates, ...rates },
});
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

describe("a decision about a held rate", () => {
  const withHeld = (
    use: (exchange: TestExchange, heldRateId: string, publish: (day: FeedDay) => void) => Promise<void>,
  ) =>
    withLab(redis.url, ["ecb-daily"], async ({ exchange, providers: [provider] }) => {
      provider!.publish(firstDay);
      await refresh(exchange);
      provider!.publish(withRates(secondDay, { JPY: "210.5" }));
      await refresh(exchange);
      const [held] = await heldOf(exchange);
      await use(exchange, held!.heldRateId, provider!.publish);
    });

  test("approves it: in force from when it was published, and the next is compared with it", async () => {
    await withHeld(async (exchange, heldRateId, publish) => {
      const { heldRate } = await exchange.client.approveHeldRate({ heldRateId, comment: "it is so" });
      assert.deepEqual(
        [heldRate?.state, heldRate?.decidedBy, heldRate?.comment],
        [HeldRateState.APPROVED, "test", "it is so"],
      );
      assert.equal(await rateOf(exchange, "JPY"), "210.5");
      assert.equal(await rateOf(exchange, "JPY", publishedAt(secondDay.day) - 1), "186.75");
      const again = await exchange.client.approveHeldRate({ heldRateId });
      assert.deepEqual(again.heldRate, heldRate);
      const other = await refusalOf(exchange.client.rejectHeldRate({ heldRateId }));
      assert.deepEqual([other.reason, other.metadata.state], ["HELD_RATE_DECIDED", "APPROVED"]);
      exchange.clock.nowMs += dayMs;
      publish({ day: "2026-04-15", rates: { JPY: "212" } });
      await refresh(exchange);
      assert.equal(await rateOf(exchange, "JPY"), "212");
    });
  });

  test("rejects it, and is not asked about the same publication again", async () => {
    await withHeld(async (exchange, heldRateId) => {
      const { heldRate } = await exchange.client.rejectHeldRate({ heldRateId });
      assert.equal(heldRate?.state, HeldRateState.REJECTED);
      await refresh(exchange);
      assert.deepEqual(await heldOf(exchange), []);
      assert.equal((await heldOf(exchange, { state: HeldRateState.REJECTED })).length, 1);
      assert.equal(await rateOf(exchange, "JPY"), "186.75");
    });
  });

  test("comes too late when the provider has published a newer rate", async () => {
    await withHeld(async (exchange, heldRateId, publish) => {
      exchange.clock.nowMs += dayMs;
      publish({ day: "2026-04-15", rates: { JPY: "187.3" } });
      await refresh(exchange);
      assert.deepEqual(await shown(exchange, { state: HeldRateState.SUPERSEDED }), { JPY: "JUMP" });
      const late = await refusalOf(exchange.client.approveHeldRate({ heldRateId }));
      assert.deepEqual([late.reason, late.metadata.state], ["HELD_RATE_DECIDED", "SUPERSEDED"]);
    });
  });

  test("in another instance at the same time happens once", async () => {
    await using server = await startScriptedHttpServer();
    const providers = labProviders(server, ["ecb-daily"]);
    await using one = await startLabExchange(redis.url, server, providers);
    providers[0]!.publish(firstDay);
    await refresh(one);
    providers[0]!.publish(withRates(secondDay, { JPY: "210.5" }));
    await refresh(one);
    const [held] = await heldOf(one);
    await using other = await startLabExchange(redis.url, server, providers);
    const { heldRateId } = held!;
    const outcomes = await Promise.allSettled([
      one.client.approveHeldRate({ heldRateId }),
      other.client.rejectHeldRate({ heldRateId }),
    ]);
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  });

  test("about an unknown one is refused", async () => {
    await withHeld(async ({ client }) => {
      for (const heldRateId of ["nothing", "ecb:1:0"])
        assert.equal((await refusalOf(client.approveHeldRate({ heldRateId }))).reason, "HELD_RATE_NOT_FOUND");
    });
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

test("held rates are listed newest first, filtered and in pages", async () => {
  await withLab(redis.url, ["ecb-daily"], async ({ exchange, providers: [provider] }) => {
    const { client } = exchange;
    provider!.publish(firstDay);
    await refresh(exchange);
    exchange.clock.nowMs += 1;
    provider!.publish(withRates(secondDay, { JPY: "999", GBP: "9", CHF: "7" }));
    await refresh(exchange);
    const codes: string[] = [];
    let pageToken = "";
    do {
      const page = await client.listHeldRates({ pageSize: 2, pageToken });
      codes.push(...page.heldRates.map(({ published }) => published!.quoteCurrency));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    assert.deepEqual(codes.sort(), ["CHF", "GBP", "JPY"]);
    const filtered = await client.listHeldRates({ currencyCode: "GBP", providerId: provider!.providerId });
    assert.equal(filtered.heldRates.length, 1);
    const { nextPageToken } = await client.listHeldRates({ pageSize: 1 });
    const foreign = client.listHeldRates({ pageToken: nextPageToken, currencyCode: "GBP" });
    assert.equal((await refusalOf(foreign)).reason, "PAGE_TOKEN_INVALID");
    const unknown = await refusalOf(client.listHeldRates({ providerId: "none" }));
    assert.equal(unknown.reason, "PROVIDER_NOT_FOUND");
  });
});

describe("a history", () => {
  const history = [
    { day: "2026-04-09", rates: { USD: "1.16", JPY: "180" } },
    // A jump of the past is a fact.
    { day: "2026-04-10", rates: { USD: "1.17", JPY: "240" } },
    { day: "2026-04-13", rates: { USD: "1.1684", JPY: "239" } },
  ];

  test("fills the past without review, and answers at any time", async () => {
    await withLab(redis.url, ["ecb-history"], async ({ exchange, server, providers: [provider] }) => {
      server.reply(provider!.path, { body: ecbCsv(history) });
      const [result] = await refresh(exchange);
      assert.deepEqual([result?.acceptedCount, result?.heldCount], [6, 0]);
      assert.equal(await rateOf(exchange, "JPY", publishedAt("2026-04-10")), "240");
      assert.equal(await rateOf(exchange, "JPY", publishedAt("2026-04-10") - 1), "180");
      server.reply(provider!.path, {
        body: ecbCsv([...history, { day: "2026-04-14", rates: { USD: "1.17", JPY: "2.39" } }]),
      });
      const [next] = await refresh(exchange);
      assert.deepEqual([next?.acceptedCount, next?.heldCount], [1, 1]);
    });
  });

  test("whose newest rate is held brings no past for that currency", async () => {
    await withLab(redis.url, ["ecb-daily", "ecb-history"], async ({ exchange, server, providers }) => {
      const [daily, whole] = providers;
      daily!.publish(firstDay);
      await exchange.client.refreshRates({ providerIds: [daily!.providerId] });
      const wrong = history.map(({ day, rates }) => ({ day, rates: { ...rates, JPY: "1.87" } }));
      server.reply(whole!.path, { body: ecbCsv(wrong) });
      const { refreshes } = await exchange.client.refreshRates({ providerIds: [whole!.providerId] });
      assert.deepEqual([refreshes[0]?.acceptedCount, refreshes[0]?.heldCount], [3, 1]);
      const past = {
        fromCurrency: "EUR",
        toCurrency: "JPY",
        asOf: timestampFromMs(publishedAt("2026-04-10")),
      };
      assert.equal((await refusalOf(exchange.client.getRate(past))).reason, "RATE_UNAVAILABLE");
    });
  });
});
