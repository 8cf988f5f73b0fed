import { create } from "@bufbuild/protobuf";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { StatsSchema } from "#gen/billing/admin/v1/stats_pb.ts";
import { createMetrics } from "#platform/observe/metrics.ts";
import { delegatedRoutesOf, routesOf } from "#platform/rpc/handlers.ts";
import type { ClientAddress } from "#platform/server/client-address.ts";
import { startRedis } from "#platform/testing/redis-server.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import type { AdminSettings } from "../config.ts";
import { peerServices } from "../peers/service-operations.ts";
import { startTestDoor } from "./test-door.ts";

/** The other services, of which nothing is offered here. */
const strangers = Object.values(peerServices).map((service) => delegatedRoutesOf(service, {}));

export function goodStats() {
  const accounts = { total: 9_007_199_254_740_993n, active: 1n };
  return {
    stats: create(StatsSchema, { accounts: accounts as never, softwareVersion: "1.2.3", partial: true }),
  };
}

/** A Redis and doors on it that serve GetStats alone, with an answer that a test may replace. */
export async function startStatsDoors() {
  const server = await startRedis();
  const redis = await connectTestRedis(server.url);
  const metrics = createMetrics("test");
  const doors = {
    redis,
    metrics,
    notReady: [] as readonly string[],
    /** What the handler does. */
    answer: async () => goodStats(),
    open: (settings: Partial<AdminSettings> = {}, addressOf?: ClientAddress) =>
      startTestDoor({
        ...(addressOf === undefined ? {} : { addressOf }),
        redis,
        metrics,
        settings,
        services: [routesOf(AdminService, { getStats: () => doors.answer() }), ...strangers],
        notReady: async () => doors.notReady,
      }),
    async stop() {
      await redis.close();
      await server.stop();
    },
  };
  return doors;
}
