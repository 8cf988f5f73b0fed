/** Admins whose Billing Core is a fake one. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { ErrorReasonSchema } from "#gen/billing/admin/v1/error_reason_pb.ts";
import type { Stats } from "#gen/billing/admin/v1/stats_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { serviceTokenSource } from "#platform/access/token.ts";
import { createSelfProber, createServiceProber } from "#platform/client/probe-service.ts";
import { createServiceClient } from "#platform/client/service-client.ts";
import { watchServices } from "#platform/client/service-watch.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { routesOf } from "#platform/rpc/handlers.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { startTestService, testSecret, testToken } from "#platform/testing/service.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import type { Activity, StripeUse } from "../domain/stats.ts";
import { createStatsReader } from "../domain/stats-reader.ts";
import { createAccountPageReader } from "../peers/core-accounts.ts";
import { createResourceOwners } from "../rpc/resource-owners.ts";
import { statsHandlers } from "../rpc/stats-handlers.ts";
import { type FakeCore, startFakeCore } from "./fake-core.ts";

let server: TestRedis;
export let redis: Redis;
export let core: FakeCore;

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
  core = await startFakeCore(redis);
});

after(async () => {
  await core?.drain();
  await redis?.close();
  await server?.stop();
});

export const nobody = "http://127.0.0.1:1";

const noStripe: StripeUse = {
  configured: false,
  livemode: false,
  lastEventAtMs: undefined,
  pendingEvents: 0,
  failedEvents: 0,
  unappliedPayments: 0,
  lastReconciledAtMs: undefined,
  openDifferences: 0,
  lastError: "",
};

export interface AdminOptions {
  readonly coreUrl?: string;
  readonly secret?: string;
  readonly stripe?: Partial<StripeUse>;
  readonly activity?: () => Promise<Activity>;
}

/** An Admin whose Core is the fake one; the other services are away. */
export async function withAdmin(
  options: AdminOptions,
  use: (readStats: () => Promise<Stats>, baseUrl: string) => unknown,
) {
  const coreUrl = options.coreUrl ?? core.baseUrl;
  const services = watchServices({
    core: createServiceProber({ service: BillingCoreService, baseUrl: coreUrl }),
    pricing: createServiceProber({ service: PricingService, baseUrl: core.baseUrl }),
    exchange: createServiceProber({ service: PricingService, baseUrl: nobody }),
    monitoring: createServiceProber({ service: PricingService, baseUrl: nobody }),
    admin: createSelfProber({ address: "here", version: "1.2.3", notReady: async () => ["too early"] }),
  });
  const client = createServiceClient({
    service: BillingCoreService,
    peer: "core",
    baseUrl: coreUrl,
    token: serviceTokenSource(new TextEncoder().encode(options.secret ?? testSecret), "admin", ["core.read"]),
  });
  const readStats = createStatsReader({
    readAccountPage: createAccountPageReader(client),
    services,
    redis,
    softwareVersion: "1.2.3",
    readStripe: async () => ({ ...noStripe, ...options.stripe }),
    countPendingAdjustments: async () => 3,
    readActivity: options.activity ?? (() => Promise.reject(new Error("monitoring did not answer"))),
  });
  const admin = await startTestService({
    redis,
    routes: [routesOf(AdminService, statsHandlers({ readStats }))],
    reasons: [ErrorReasonSchema],
    owners: createResourceOwners(async () => undefined),
  });
  const call = async () => {
    const headers = { authorization: `Bearer ${await testToken({ scopes: ["admin.read"] })}` };
    const transport = createGrpcTransport({ baseUrl: admin.baseUrl });
    const { stats } = await createClient(AdminService, transport).getStats({}, { headers });
    assert.ok(stats);
    return stats;
  };
  try {
    await use(call, admin.baseUrl);
  } finally {
    await admin.drain();
    await services.stop();
    client.close();
  }
}

/** The reason why a figure is missing; undefined if it is there. */
export function missing(stats: Stats, field: string): string | undefined {
  return stats.missing.find((each) => each.field === field)?.reason;
}
