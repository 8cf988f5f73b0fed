import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { RefreshOutcome } from "#gen/billing/exchange/v1/rate_provider_pb.ts";
import { eventually, waitUntil } from "#platform/testing/eventually.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { refusalOf } from "#platform/testing/refusal.ts";
import { type ScriptedReply, startScriptedHttpServer } from "#platform/testing/scripted-http-server.ts";
import type { RateFormat } from "../domain/providers/provider-directory.ts";
import { feedBodies } from "../testing/feed-bodies.ts";
import {
  eveningMs,
  firstDay,
  labProviders,
  secondDay,
  startLabExchange,
  withLab,
} from "../testing/provider-lab.ts";
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
const refresh = async ({ client }: TestExchange, ignoreEtag = false) => {
  const { refreshes } = await client.refreshRates({ ignoreEtag });
  return refreshes[0]!;
};

describe("a provider's rates come into force with their digits and time", () => {
  const published: Partial<Record<RateFormat, number>> = {
    "frankfurter-v2": Date.parse("2026-04-14T00:00:00Z"),
  };
  const formats = Object.keys(feedBodies) as RateFormat[];
  for (const format of formats.filter((each) => each !== "static-file")) {
    test(format, async () => {
      await withLab(redis.url, [format], async ({ exchange, providers: [provider] }) => {
        provider!.publish(secondDay);
        const { outcome, acceptedCount, publishedAt: at } = await refresh(exchange);
        assert.deepEqual([outcome, acceptedCount], [RefreshOutcome.UPDATED, 4]);
        assert.equal(timestampMs(at!), published[format] ?? publishedAt(secondDay.day));
        const { rate } = await exchange.client.getRate({ fromCurrency: "EUR", toCurrency: "JPY" });
        assert.deepEqual(
          rate?.rate?.steps.map(({ publishedRate, provider }) => [publishedRate, provider]),
          [["187.10", provider?.providerId]],
        );
        const again = await refresh(exchange);
        assert.deepEqual([again.outcome, again.acceptedCount], [RefreshOutcome.UNCHANGED, 0]);
      });
    });
  }

  test("static-file", async () => {
    const dataFolder = await mkdtemp(join(tmpdir(), "holdfast-rates-"));
    try {
      await using server = await startScriptedHttpServer();
      const providers = labProviders(server, ["static-file"], { url: "", filePath: "rates.json" });
      await using exchange = await startLabExchange(redis.url, server, providers, { dataFolder });
      assert.equal((await refresh(exchange)).errorReason, "PROVIDER_UNREACHABLE");
      await writeFile(join(dataFolder, "rates.json"), feedBodies["static-file"](secondDay));
      assert.equal((await refresh(exchange)).acceptedCount, 4);
      assert.equal(await rateOf(exchange, "GBP"), "0.8711");
      const file = { providerId: providers[0]!.providerId, configVersion: 1n };
      const refused = await refusalOf(exchange.client.updateProvider({ ...file, url: "https://a.example" }));
      assert.equal(refused.reason, "PROVIDER_INVALID");
    } finally {
      await rm(dataFolder, { recursive: true, force: true });
    }
  });
});

describe("a provider that fails leaves the last good rates, and its state says why", () => {
  const good = feedBodies["ecb-daily"](secondDay).toString();
  const faults: readonly [name: string, reply: ScriptedReply, reason: string][] = [
    ["answers 500", { status: 500, body: "oops" }, "PROVIDER_UNREACHABLE"],
    ["does not answer", { fault: { kind: "silence" } }, "PROVIDER_UNREACHABLE"],
    ["hangs up", { fault: { kind: "closeWithoutAnswer" } }, "PROVIDER_UNREACHABLE"],
    ["breaks off", { body: good, fault: { kind: "truncatedBody", afterBytes: 300 } }, "PROVIDER_UNREACHABLE"],
    ["sends half of its XML", { body: good.slice(0, 400) }, "PROVIDER_ANSWER_INVALID"],
    ["sends a page", { body: "<html><body>Maintenance</body></html>" }, "PROVIDER_ANSWER_INVALID"],
    ["sends nothing", { body: "" }, "PROVIDER_ANSWER_INVALID"],
    [
      "sends no rates that can be used",
      { body: feedBodies["ecb-daily"]({ day: secondDay.day, rates: { USD: "0", ABC: "2" } }) },
      "PROVIDER_ANSWER_INVALID",
    ],
    [
      "sends without end",
      { body: "x".repeat(1 << 20), fault: { kind: "endlessBody" } },
      "PROVIDER_ANSWER_INVALID",
    ],
  ];
  for (const [name, reply, reason] of faults) {
    test(name, async () => {
      await withLab(
        redis.url,
        ["ecb-daily"],
        async ({ exchange, server, providers: [provider] }) => {
          const updated = async () => assert.equal((await refresh(exchange)).outcome, RefreshOutcome.UPDATED);
          provider!.publish(firstDay);
          await eventually(updated);
          server.reply(provider!.path, reply);
          const { outcome, errorReason, errorMessage } = await refresh(exchange);
          assert.deepEqual([outcome, errorReason], [RefreshOutcome.FAILED, reason]);
          assert.ok(errorMessage.length > 0);
          assert.equal(await rateOf(exchange, "USD"), "1.1684");
          const { providerId } = provider!;
          const { status } = (await exchange.client.getProvider({ providerId })).provider!;
          assert.deepEqual([status?.consecutiveFailures, status?.lastErrorReason], [1, reason]);

          provider!.publish(secondDay);
          await eventually(updated);
          assert.equal(await rateOf(exchange, "USD"), "1.1702");
          const mended = (await exchange.client.getProvider({ providerId })).provider?.status;
          assert.deepEqual([mended?.consecutiveFailures, mended?.lastErrorReason], [0, ""]);
        },
        reply.fault?.kind === "silence" ? { fetchTimeoutMs: 1_500 } : {},
      );
    });
  }
});

test("an unchanged answer is not sent again, unless everything is asked for", async () => {
  await withLab(redis.url, ["ecb-daily"], async ({ exchange, server, providers: [provider] }) => {
    server.reply(provider!.path, { body: feedBodies["ecb-daily"](firstDay), etag: '"v1"' });
    assert.equal((await refresh(exchange)).outcome, RefreshOutcome.UPDATED);
    const second = await refresh(exchange);
    assert.deepEqual([second.outcome, second.errorReason], [RefreshOutcome.UNCHANGED, ""]);
    assert.equal(timestampMs(second.publishedAt!), publishedAt(firstDay.day));
    assert.equal((await refresh(exchange, true)).outcome, RefreshOutcome.UNCHANGED);
    assert.deepEqual(
      server.requests.map(({ headers }) => headers["if-none-match"]),
      [undefined, '"v1"', undefined],
    );
  });
});

test("rates that cannot be used are counted and left out, the others come into force", async () => {
  await withLab(redis.url, ["open-exchange-rates"], async ({ exchange, server, providers: [provider] }) => {
    const rates = '"USD":1.17,"XAU":0.0003,"BTC":1.2e-5,"JPY":-5,"GBP":8.711e-1,"SEK":"1,5","NOK":0';
    const body = `{"timestamp":${publishedAt(secondDay.day) / 1_000},"base":"EUR","rates":{${rates}}}`;
    server.reply(provider!.path, { body });
    const { acceptedCount, refusedCount } = await refresh(exchange);
    assert.deepEqual([acceptedCount, refusedCount], [2, 5]);
    assert.equal(await rateOf(exchange, "GBP"), "0.8711");
  });
});

test("a currency that a provider stops publishing is refused when its last rate is too old, and another provider steps in", async () => {
  await withLab(redis.url, ["ecb-daily", "open-er-api"], async ({ exchange, server, providers }) => {
    const [first, second] = providers;
    first!.publish(firstDay);
    server.reply(second!.path, { status: 500 });
    await exchange.client.refreshRates({});
    const { JPY: _, ...others } = firstDay.rates;
    exchange.clock.nowMs = eveningMs + 6 * dayMs;
    first!.publish({ day: "2026-04-20", rates: others });
    await exchange.client.refreshRates({});
    assert.equal(await rateOf(exchange, "USD"), "1.1684");
    const stopped = exchange.client.getRate({ fromCurrency: "EUR", toCurrency: "JPY" });
    assert.equal((await refusalOf(stopped)).reason, "RATE_STALE");
    second!.publish({ day: "2026-04-20", rates: { ...others, JPY: "187" } });
    await exchange.client.refreshRates({});
    const { rate } = await exchange.client.getRate({ fromCurrency: "EUR", toCurrency: "JPY" });
    assert.deepEqual([rate?.rate?.rate, rate?.rate?.provider], ["187", second!.providerId]);
  });
});

describe("several instances", () => {
  test("see a refresh of one within a second", async () => {
    await withLab(redis.url, ["ecb-daily"], async ({ exchange, server, providers }) => {
      await using other = await startLabExchange(redis.url, server, providers);
      providers[0]!.publish(secondDay);
      await refresh(exchange);
      await eventually(async () => assert.equal(await rateOf(other, "USD"), "1.1702"));
      await using later = await startLabExchange(redis.url, server, providers);
      assert.equal(await rateOf(later, "USD"), "1.1702");
    });
  });

  test("refresh a provider one at a time", async () => {
    await withLab(redis.url, ["ecb-daily"], async ({ exchange, server, providers }) => {
      await using other = await startLabExchange(redis.url, server, providers);
      const { path } = providers[0]!;
      const body = feedBodies["ecb-daily"](secondDay);
      // Byte by byte: long enough for the second one, and on a busy machine still within the bound of a fetch.
      server.reply(path, { body, fault: { kind: "slowBody", pauseMs: 1 } });
      const first = refresh(exchange);
      await waitUntil("the first asks", () => server.count(path) === 1);
      assert.equal((await refresh(other)).errorReason, "REFRESH_IN_PROGRESS");
      assert.equal((await first).outcome, RefreshOutcome.UPDATED);
      assert.equal(server.count(path), 1);
    });
  });

  test("refresh on schedule in one of them, at once after the start, and follow a change of settings", async () => {
    await withLab(redis.url, ["ecb-daily"], async ({ exchange, server, providers: [provider] }) => {
      await using other = await startLabExchange(redis.url, server, [provider!]);
      provider!.publish(secondDay);
      exchange.schedules.start();
      other.schedules.start();
      for (const each of [exchange, other])
        await eventually(async () => assert.equal(await rateOf(each, "USD"), "1.1702"));
      assert.equal(server.count(provider!.path), 1);
      const { providerId } = provider!;
      const change = { providerId, configVersion: 1n, enabled: false };
      const disabled = (await exchange.client.updateProvider(change)).provider;
      assert.deepEqual([disabled?.enabled, disabled?.status?.nextRefreshAt], [false, undefined]);
      const refused = await exchange.client.refreshRates({ providerIds: [providerId] });
      assert.equal(refused.refreshes[0]?.errorReason, "PROVIDER_DISABLED");
    });
  });
});
