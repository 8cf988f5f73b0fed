import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { durationFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { RateFormat } from "#gen/billing/exchange/v1/rate_provider_pb.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { refusalOf } from "#platform/testing/refusal.ts";
import { startScriptedHttpServer } from "#platform/testing/scripted-http-server.ts";
import {
  eveningMs,
  firstDay,
  labProviders,
  secondDay,
  startLabExchange,
  withLab,
} from "../testing/provider-lab.ts";
import { publishedAt } from "../testing/published-days.ts";

let redis: TestRedis;
before(async () => {
  redis = await startRedis();
});
after(async () => {
  await redis?.stop();
});

const hourMs = 60 * 60_000;

describe("GetProvider and ListProviders", () => {
  test("say how a provider is set and how it went", async () => {
    await withLab(redis.url, ["ecb-daily", "open-er-api"], async ({ exchange, server, providers }) => {
      const { client } = exchange;
      providers[0]!.publish(firstDay);
      server.reply(providers[1]!.path, { status: 503 });
      await client.refreshRates({});
      const listed = (await client.listProviders({})).providers;
      assert.deepEqual(
        listed.map(({ providerId }) => providerId),
        providers.map(({ providerId }) => providerId),
      );
      const [good, bad] = listed;
      assert.deepEqual(
        [good?.format, good?.baseCurrency, good?.currencyCodes, good?.bundled, good?.configVersion],
        [RateFormat.ECB_DAILY, "EUR", ["CHF", "GBP", "JPY", "USD"], false, 1n],
      );
      assert.equal(timestampMs(good!.status!.lastPublishedAt!), publishedAt(firstDay.day));
      assert.equal(timestampMs(good!.status!.lastSuccessAt!), eveningMs);
      assert.ok(timestampMs(good!.status!.nextRefreshAt!) > eveningMs);
      assert.deepEqual(
        [bad?.baseCurrency, bad?.status?.lastSuccessAt, bad?.status?.lastErrorReason],
        ["", undefined, "PROVIDER_UNREACHABLE"],
      );
      assert.equal(timestampMs(bad!.status!.nextRefreshAt!), eveningMs + 30_000);
      assert.equal(
        (await refusalOf(client.getProvider({ providerId: "none" }))).reason,
        "PROVIDER_NOT_FOUND",
      );
      const unknown = await refusalOf(client.refreshRates({ providerIds: ["none"] }));
      assert.equal(unknown.reason, "PROVIDER_NOT_FOUND");
    });
  });

  test("page in order of fallback, and filter", async () => {
    await withLab(
      redis.url,
      ["ecb-daily", "open-er-api", "frankfurter-v1"],
      async ({ exchange, providers }) => {
        const { client } = exchange;
        const [, second] = providers.map(({ providerId }) => providerId);
        await client.updateProvider({ providerId: second!, configVersion: 1n, priority: 900 });
        await client.updateProvider({ providerId: second!, configVersion: 2n, enabled: false });
        const ids: string[] = [];
        let pageToken = "";
        do {
          const page = await client.listProviders({ pageSize: 1, pageToken });
          ids.push(...page.providers.map(({ providerId }) => providerId));
          pageToken = page.nextPageToken;
        } while (pageToken !== "");
        assert.deepEqual(ids, [providers[0]!.providerId, providers[2]!.providerId, second]);
        const enabled = await client.listProviders({ enabledOnly: true });
        assert.equal(enabled.providers.length, 2);
      },
    );
  });
});

describe("UpdateProvider", () => {
  test("changes the order of fallback, the age that is allowed, and who is used at all", async () => {
    await withLab(redis.url, ["ecb-daily", "open-er-api"], async ({ exchange, providers }) => {
      const { client } = exchange;
      const [first, second] = providers;
      first!.publish(firstDay);
      second!.publish(secondDay);
      await client.refreshRates({});
      const provider = async () =>
        (await client.getRate({ fromCurrency: "EUR", toCurrency: "USD" })).rate?.rate?.provider;
      assert.equal(await provider(), first!.providerId);
      const named = { providerId: first!.providerId };
      await client.updateProvider({ ...named, configVersion: 1n, maxAge: durationFromMs(hourMs) });
      assert.equal(await provider(), second!.providerId, "the first one's are too old now");
      await client.updateProvider({ ...named, configVersion: 2n, maxAge: durationFromMs(100 * hourMs) });
      assert.equal(await provider(), first!.providerId);
      await client.updateProvider({ ...named, configVersion: 3n, priority: 500 });
      assert.equal(await provider(), second!.providerId);
      await client.updateProvider({ providerId: second!.providerId, configVersion: 1n, enabled: false });
      assert.equal(await provider(), first!.providerId);
    });
  });

  test("repeated answers with what it made; on another version it is refused", async () => {
    await withLab(redis.url, ["ecb-daily"], async ({ exchange: { client }, providers }) => {
      const change = { providerId: providers[0]!.providerId, configVersion: 1n, priority: 7 };
      const { provider } = await client.updateProvider(change);
      assert.deepEqual([provider?.priority, provider?.configVersion], [7, 2n]);
      assert.deepEqual((await client.updateProvider(change)).provider, provider);
      const other = await refusalOf(client.updateProvider({ ...change, priority: 8 }));
      assert.deepEqual([other.reason, other.metadata.current_version], ["VERSION_MISMATCH", "2"]);
    });
  });

  const addresses: readonly [url: string, reason: string][] = [
    ["http://10.0.0.1/rates", "PROVIDER_ADDRESS_REFUSED"],
    ["http://[::1]/rates", "PROVIDER_ADDRESS_REFUSED"],
    ["http://169.254.169.254/latest/meta-data", "PROVIDER_ADDRESS_REFUSED"],
    ["http://2130706433/rates", "PROVIDER_ADDRESS_REFUSED"],
    ["https://", "REQUEST_INVALID"],
    ["https://:80", "PROVIDER_INVALID"],
    ["ftp://rates.example/", "REQUEST_INVALID"],
  ];
  for (const [url, reason] of addresses) {
    test(`refuses the address ${url}: ${reason}`, async () => {
      await withLab(redis.url, ["ecb-daily"], async ({ exchange: { client }, providers }) => {
        const change = { providerId: providers[0]!.providerId, configVersion: 1n, url };
        assert.equal((await refusalOf(client.updateProvider(change))).reason, reason);
      });
    });
  }

  test("does not help to reach a private address by a name: the fetch is refused", async () => {
    await withLab(redis.url, ["ecb-daily"], async ({ exchange: { client }, server, providers }) => {
      const { providerId, path } = providers[0]!;
      const url = `http://localhost:${server.port}${path}`;
      await client.updateProvider({ providerId, configVersion: 1n, url });
      const { refreshes } = await client.refreshRates({});
      assert.equal(refreshes[0]?.errorReason, "PROVIDER_UNREACHABLE");
      assert.match(refreshes[0]?.errorMessage ?? "", /not public/);
      assert.equal(server.count(path), 0);
    });
  });
});

test("a key goes to the provider's own server only, and is never shown", async () => {
  await using server = await startScriptedHttpServer();
  await using elsewhere = await startScriptedHttpServer();
  const [provider] = labProviders(server, ["open-exchange-rates"]);
  const { providerId, path } = provider!;
  await using exchange = await startLabExchange(redis.url, server, [provider!], {
    allowedHosts: [server, elsewhere].map(({ port }) => `127.0.0.1:${port}`),
    credentials: { [providerId]: { authorization: "Token s3cr3t" } },
  });
  provider!.publish(firstDay);
  await exchange.client.refreshRates({});
  assert.equal(server.requests[0]?.headers.authorization, "Token s3cr3t");
  const url = `${elsewhere.url}${path}?app_id=abc&base=EUR`;
  const changed = await exchange.client.updateProvider({ providerId, configVersion: 1n, url });
  assert.deepEqual(
    [changed.provider?.hasCredentials, changed.provider?.url],
    [true, `${elsewhere.url}${path}?app_id=hidden&base=EUR`],
  );
  await exchange.client.refreshRates({});
  assert.deepEqual(
    elsewhere.requests.map((request) => [request.path, request.headers.authorization]),
    [[`${path}?app_id=abc&base=EUR`, undefined]],
  );
});
