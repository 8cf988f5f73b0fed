import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { ErrorReasonSchema } from "#gen/billing/monitoring/v1/error_reason_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { Component, HealthStatus } from "#gen/billing/monitoring/v1/system_health_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { createSelfProber, createServiceProber } from "#platform/client/probe-service.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { routesOf } from "#platform/rpc/handlers.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { startTestService, testToken } from "#platform/testing/service.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { type SystemWatch, watchSystem } from "../domain/system-watch.ts";
import { probeRedis, redisAddress } from "../store/probe-redis.ts";
import { monitoringRoutes } from "./monitoring-routes.ts";
import { resourceOwners } from "./resource-owners.ts";

/** Test services say version 0.0.0. */
const ownVersion = "0.0.0";

let server: TestRedis;
let redis: Redis;
let peers: Awaited<ReturnType<typeof startTestService>>;
let system: SystemWatch;
let monitoring: Awaited<ReturnType<typeof startTestService>>;
let peersNotReady: readonly string[] = [];

before(async () => {
  server = await startRedis({ settings: { appendfsync: "everysec" } });
  redis = await connectTestRedis(server.url);
  peers = await startTestService({
    redis,
    owners: ownersOfNothing,
    notReady: async () => peersNotReady,
    routes: [BillingCoreService, PricingService, ExchangeRateService, AdminService].map((service) =>
      routesOf(service, {}),
    ),
  });
  system = watch(peers.baseUrl);
  monitoring = await startTestService({
    redis,
    routes: [monitoringRoutes({ system })],
    reasons: [ErrorReasonSchema],
    owners: resourceOwners({ get: async () => undefined }),
  });
});

after(async () => {
  await system?.stop();
  await monitoring?.drain();
  await peers?.drain();
  await redis?.close();
  await server?.stop();
});

/** The peers of these tests own nothing. */
const ownersOfNothing = new Proxy(
  {},
  {
    get: () => ({
      accountOf: () => undefined,
      notFound: () => new Error("nothing is here"),
    }),
  },
);

function watch(peerUrl: string, pauseMs = 20, freshMs = 5_000): SystemWatch {
  return watchSystem({
    services: {
      core: createServiceProber({ service: BillingCoreService, baseUrl: peerUrl }),
      pricing: createServiceProber({ service: PricingService, baseUrl: peerUrl }),
      exchange: createServiceProber({ service: ExchangeRateService, baseUrl: peerUrl }),
      monitoring: createSelfProber({ address: "self:1", version: ownVersion, notReady: async () => [] }),
      admin: createServiceProber({ service: AdminService, baseUrl: peerUrl }),
    },
    probeRedis: () => probeRedis(redis, redisAddress(server.url)),
    ownVersion,
    pauseMs,
    freshMs,
  });
}

function client() {
  return createClient(MonitoringService, createGrpcTransport({ baseUrl: monitoring.baseUrl }));
}

async function readHealth() {
  const headers = { authorization: `Bearer ${await testToken({ scopes: ["monitoring.read"] })}` };
  const { health } = await client().getSystemHealth({}, { headers });
  assert.ok(health);
  return health;
}

describe("GetSystemHealth", () => {
  test("shows five services and Redis that serve", async () => {
    const health = await eventually(async () => {
      const seen = await readHealth();
      // On a busy machine a first probe may time out.
      assert.equal(seen.summary, "All five services are serving.");
      return seen;
    });
    assert.equal(health.status, HealthStatus.SERVING);
    assert.deepEqual(
      health.components.map(({ component, status, address, version }) => [
        component,
        status,
        address,
        version,
      ]),
      [
        [Component.CORE, HealthStatus.SERVING, `127.0.0.1:${peers.port}`, "0.0.0"],
        [Component.PRICING, HealthStatus.SERVING, `127.0.0.1:${peers.port}`, "0.0.0"],
        [Component.EXCHANGE, HealthStatus.SERVING, `127.0.0.1:${peers.port}`, "0.0.0"],
        [Component.MONITORING, HealthStatus.SERVING, "self:1", "0.0.0"],
        [Component.ADMIN, HealthStatus.SERVING, `127.0.0.1:${peers.port}`, "0.0.0"],
        [Component.REDIS, HealthStatus.SERVING, server.socketPath, health.components[5]?.version],
      ],
    );
    for (const component of health.components) {
      assert.deepEqual(component.reasons, []);
      assert.ok(component.latency && (component.latency.nanos > 0 || component.latency.seconds > 0n));
      assert.ok(component.since && component.checkedAt);
    }
    assert.match(health.components[5]?.version ?? "", /^\d+\.\d+/);
    assert.ok(health.components[5]?.startedAt);
    assert.ok(health.asOf && Math.abs(Date.now() - timestampMs(health.asOf)) < 60_000);
    assert.equal(health.redis?.maxMemoryBytes, 256n << 20n);
    assert.ok((health.redis?.usedMemoryBytes ?? 0n) > 100_000n);
    assert.equal(health.redis?.appendOnly, true);
    assert.equal(health.redis?.appendFsync, "everysec");
    assert.equal(health.redis?.lastAppendSucceeded, true);
    assert.equal(health.redis?.primaryCount, 1);
    assert.deepEqual(
      [health.intake, health.evaluation, health.sources],
      [undefined, undefined, []],
      "what this server does not know is unset",
    );
  });

  test("follows services that stop serving and serve again", async (t) => {
    // A probe that timed out on a busy machine would show no change of status below.
    const before = await eventually(async () => {
      const health = await readHealth();
      assert.equal(health.status, HealthStatus.SERVING);
      return health;
    });
    peersNotReady = ["its rates are stale"];
    t.after(() => {
      peersNotReady = [];
    });
    const bad = await eventually(async () => {
      const health = await readHealth();
      // The first round that sees it may read the page from the moment before.
      assert.deepEqual(health.components[2]?.reasons, ["does not serve: its rates are stale"]);
      return health;
    });
    assert.equal(bad.components[2]?.status, HealthStatus.NOT_SERVING);
    assert.ok(timestampMs(bad.components[2].since!) > timestampMs(before.components[2]!.since!));
    assert.deepEqual(bad.components[3]?.since, before.components[3]?.since);
    await eventually(async () => {
      const { status, summary } = await readHealth();
      assert.equal(status, HealthStatus.NOT_SERVING, "Billing Core is among them");
      assert.match(summary, /^Billing Core does not serve: its rates are stale\. Pricing/);
    });
    peersNotReady = [];
    await eventually(async () => assert.equal((await readHealth()).status, HealthStatus.SERVING));
  });

  test("shows a setting of Redis that endangers money", async () => {
    await redis.onEveryPrimary(["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    try {
      await eventually(async () => {
        const { status, summary } = await readHealth();
        assert.equal(status, HealthStatus.DEGRADED);
        assert.match(summary, /^Redis may evict keys: its maxmemory-policy is allkeys-lru/);
      });
    } finally {
      await redis.onEveryPrimary(["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    }
    await eventually(async () => assert.equal((await readHealth()).status, HealthStatus.SERVING));
  });

  const refusals = [
    { name: "without a token", claims: undefined, code: Code.Unauthenticated },
    { name: "without the scope", claims: { scopes: ["core.read"] }, code: Code.PermissionDenied },
    {
      name: "with a token bound to an account",
      claims: { scopes: ["monitoring.read"], account: "alice" },
      code: Code.PermissionDenied,
    },
  ];
  for (const { name, claims, code } of refusals) {
    test(`is refused ${name}`, async () => {
      const headers: Record<string, string> =
        claims === undefined ? {} : { authorization: `Bearer ${await testToken(claims)}` };
      await assert.rejects(client().getSystemHealth({}, { headers }), (error) => {
        assert.equal(ConnectError.from(error).code, code);
        return true;
      });
    });
  }
});

describe("a watch over the system", () => {
  test("sees its peers down, asks at once when it knows nothing fresh, and tells readiness of them", async () => {
    // Fresh for the whole test, however long it takes.
    const lonely = watch("http://127.0.0.1:1", 600_000, 600_000);
    try {
      const health = await lonely.get();
      assert.equal(health.status, "not_serving");
      assert.match(health.summary, /^Billing Core does not answer: the connection was refused\. /);
      assert.match(health.summary, /1 more part has faults\.$/);
      assert.equal(health.components[0]?.latencyMs, undefined);
      assert.deepEqual(Object.keys(await lonely.peers()), ["core", "pricing", "exchange", "admin"]);
      assert.equal((await lonely.peers()).admin, "does not answer: the connection was refused");
      assert.equal(await lonely.get(), health, "the round is shared while it is fresh");
    } finally {
      await lonely.stop();
    }
  });

  test("reports a killed Redis as a result, and its return", async () => {
    await server.kill();
    try {
      await eventually(async () => {
        const { status, summary, redis: summed } = await system.get();
        assert.equal(status, "not_serving");
        assert.match(summary, /Redis does not answer: (no reply|the connection failed)/);
        assert.equal(summed, undefined);
      });
    } finally {
      await server.restart();
    }
    await eventually(async () => assert.equal((await system.get()).status, "serving"));
  });
});

describe("the address of Redis", () => {
  const cases: Array<[url: string, address: string]> = [
    ["redis://127.0.0.1:6379", "127.0.0.1:6379"],
    ["redis://user:secret@redis", "redis:6379"],
    ["rediss://redis.example:6380/1", "redis.example:6380"],
    ["redis://a:1, redis://b:2", "a:1"],
    ["unix:///run/redis.sock", "/run/redis.sock"],
  ];
  for (const [url, address] of cases)
    test(`of ${url} is ${address}`, () => assert.equal(redisAddress(url), address));
});
