import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { RefreshOutcome } from "#gen/billing/exchange/v1/rate_provider_pb.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { eventually, waitUntil } from "#platform/testing/eventually.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { type ScriptedHttpServer, startScriptedHttpServer } from "#platform/testing/scripted-http-server.ts";
import { testSecret, testToken } from "#platform/testing/service.ts";
import { startServiceProcess } from "#platform/testing/service-process.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { ExchangeStore } from "./store/exchange-store.ts";
import { refreshLeaseKey } from "./store/provider-status-store.ts";
import { ecbXml, ecbZip, type FeedDay } from "./testing/feed-bodies.ts";
import { longHistory } from "./testing/long-history.ts";

let server: TestRedis;
let redis: Redis;
let feed: ScriptedHttpServer;
before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
  feed = await startScriptedHttpServer();
});
after(async () => {
  await feed?.stop();
  await redis?.close();
  await server?.stop();
});

async function startExchange() {
  const process = startServiceProcess("exchange", {
    JWT_SECRET: testSecret,
    REDIS_URL: server.url,
    EXCHANGE_PORT: "0",
    EXCHANGE_REFRESH: "false",
    EXCHANGE_ALLOWED_HOSTS: `127.0.0.1:${feed.port}`,
  });
  const authorization = `Bearer ${await testToken({ scopes: ["exchange.read", "exchange.manage"] })}`;
  const transport = createGrpcTransport({
    baseUrl: `http://127.0.0.1:${await process.port()}`,
    interceptors: [
      (next) => (request) => {
        request.header.set("authorization", authorization);
        return next(request);
      },
    ],
  });
  return { process, client: createClient(ExchangeRateService, transport) };
}

/** Points a provider at the feed and enables it, whatever was changed before. */
async function adopt({ client }: Awaited<ReturnType<typeof startExchange>>, providerId: string) {
  const { provider } = await client.getProvider({ providerId });
  const url = `${feed.url}/${providerId}`;
  if (provider?.enabled && provider.url === url) return;
  const { configVersion } = provider!;
  await client.updateProvider({ providerId, configVersion, enabled: true, url });
}

const publicationsOf = async (providerId: string) => {
  const collection = new ExchangeStore(redis, [providerId]).publications(providerId);
  return (await collection.readAll()).documents.map(({ value }) => value);
};
const stagedKeys = async (providerId: string) => {
  const pattern = `{exchange}:documents:publications-${providerId}:staged:*`;
  const [, keys] = await redis.command<[string, string[]]>(pattern, [
    "SCAN",
    "0",
    "MATCH",
    pattern,
    "COUNT",
    "1000000",
  ]);
  return keys;
};
/** Kills a process that refreshes; false if its write was over before any part was seen to lie aside. */
async function killWhileStaged(providerId: string): Promise<boolean> {
  const { process, client } = await startExchange();
  await adopt({ process, client }, providerId);
  let isOver = false;
  const noteEnd = () => {
    isOver = true;
  };
  const lost = client.refreshRates({ providerIds: [providerId] }).then(noteEnd, noteEnd);
  const isStaged = await eventually(async () => {
    const isSeen = (await stagedKeys(providerId)).length > 0;
    assert.ok(isSeen || isOver, "it neither writes nor ends");
    return isSeen;
  }, 120_000);
  process.signal("SIGKILL");
  await process.waitForExit();
  await lost;
  return isStaged;
}

/** The lease of the killed process has to run out first. */
const refreshed = (exchange: Awaited<ReturnType<typeof startExchange>>, providerId: string) =>
  eventually(async () => {
    const { refreshes } = await exchange.client.refreshRates({ providerIds: [providerId] });
    assert.equal(refreshes[0]?.outcome, RefreshOutcome.UPDATED, refreshes[0]?.errorReason);
  });

describe("a process killed in the midst of a refresh", () => {
  test("leaves all of a long history or nothing, and the next one completes it", async () => {
    const providerId = "ecb-history";
    const days = longHistory(6_983);
    feed.reply(`/${providerId}`, { body: ecbZip(days) });
    for (let tries = 1; !(await killWhileStaged(providerId)); tries++) {
      assert.ok(tries < 10, "no part of the write was ever seen aside");
      await redis.command("", ["FLUSHALL"]);
    }
    const { length } = await publicationsOf(providerId);
    assert.ok(length === 0 || length === days.length, `${length} of ${days.length}`);

    const second = await startExchange();
    if (length === 0) await refreshed(second, providerId);
    assert.equal((await publicationsOf(providerId)).length, days.length);
    await second.process.stop();
  });

  test("leaves the old day or the new one, whole", async () => {
    const providerId = "ecb";
    const codes = Object.keys(longHistory(1)[0]!.rates);
    const dayOf = (number: number): FeedDay => ({
      day: new Date(Date.UTC(2026, 4, 4 + number)).toISOString().slice(0, 10),
      rates: Object.fromEntries(codes.map((code) => [code, `1.${100 + number}`])),
    });
    for (let round = 0; round < 6; round++) {
      feed.reply(`/${providerId}`, { body: ecbXml([dayOf(round)]) });
      const exchange = await startExchange();
      await adopt(exchange, providerId);
      // As if the lease of the process that was killed before had run out.
      await redis.command(refreshLeaseKey(providerId), ["HSET", refreshLeaseKey(providerId), "expires", "1"]);
      const asked = feed.count(`/${providerId}`);
      const lost = exchange.client.refreshRates({ providerIds: [providerId] }).catch(() => undefined);
      await waitUntil("the provider is asked", () => feed.count(`/${providerId}`) > asked);
      // Each round a little later, from before the answer to after the write.
      for (let turn = 0; turn < round * 4; turn++) await redis.ping();
      exchange.process.signal("SIGKILL");
      await exchange.process.waitForExit();
      await lost;
      for (const { rates, held } of await publicationsOf(providerId))
        assert.equal(Object.keys(rates).length + held.length, codes.length);
    }
  });
});
