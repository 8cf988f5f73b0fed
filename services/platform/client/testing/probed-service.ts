/** A service to probe, and listeners that are none. */
import { after, before } from "node:test";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import type { Redis } from "../../redis/redis.ts";
import { routesOf } from "../../rpc/handlers.ts";
import { startRedis, type TestRedis } from "../../testing/redis-server.ts";
import { startTestService } from "../../testing/service.ts";
import { connectTestRedis } from "../../testing/test-redis.ts";

let server: TestRedis;
let redis: Redis;
export let service: Awaited<ReturnType<typeof startTestService>>;
/** What the service says why it is not ready. */
export const readiness: { reasons: readonly string[] } = { reasons: [] };

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
  service = await startPricing();
});

after(async () => {
  await service?.drain();
  await redis?.close();
  await server?.stop();
});

export function startPricing(settings = {}) {
  return startTestService({
    redis,
    routes: [routesOf(PricingService, {})],
    notReady: async () => readiness.reasons,
    settings,
  });
}
