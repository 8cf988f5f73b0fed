import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { HeldRateState } from "#gen/billing/exchange/v1/exchange_rate_pb.ts";
import { refusalOf } from "#platform/testing/refusal.ts";
import { startScriptedHttpServer } from "#platform/testing/scripted-http-server.ts";
import { ecbCsv, type FeedDay } from "../testing/feed-bodies.ts";
import { heldOf, rateOf, redis, refresh, shown, withRates } from "../testing/held-rates.ts";
import { firstDay, labProviders, secondDay, startLabExchange, withLab } from "../testing/provider-lab.ts";
import { dayMs, publishedAt } from "../testing/published-days.ts";
import type { TestExchange } from "../testing/test-exchange.ts";

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
