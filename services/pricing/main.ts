/** Pricing: what usage costs. */
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ErrorReasonSchema } from "#gen/billing/pricing/v1/error_reason_pb.ts";
import { serviceTokenSource } from "#platform/access/token.ts";
import { createServiceProber } from "#platform/client/probe-service.ts";
import { createServiceClient } from "#platform/client/service-client.ts";
import { watchServices } from "#platform/client/service-watch.ts";
import { peerUrl } from "#platform/config/common-settings.ts";
import { signingSecret } from "#platform/service/access-settings.ts";
import { runService } from "#platform/service/run-service.ts";
import { start } from "#platform/service/start.ts";
import { listRules, pricingSettings } from "./config.ts";
import { startSyncSchedule } from "./domain/feeds/sync-schedule.ts";
import { openCatalogue } from "./open-catalogue.ts";
import { openFeeds } from "./open-feeds.ts";
import { createAccountUsageReader } from "./peers/account-usage.ts";
import { createBookUsers } from "./peers/book-users.ts";
import { createPricingMetrics } from "./pricing-metrics.ts";
import { pricingRoutes } from "./rpc/pricing-routes.ts";

await start("pricing", pricingSettings, async ({ settings, redis, log, ...common }) => {
  const catalogue = await openCatalogue(settings, redis, log);
  const secret = signingSecret(settings);
  const core = createServiceClient({
    service: BillingCoreService,
    peer: "core",
    baseUrl: peerUrl(settings, "CORE"),
    token: serviceTokenSource(secret, "pricing", ["core.read"]),
  });
  const feeds = openFeeds(redis, catalogue, listRules(settings));
  createPricingMetrics(common.metrics, catalogue, feeds.statuses);
  const schedule = startSyncSchedule({
    redis,
    ...feeds,
    onError: (error) => log.warn({ err: error }, "syncing price sources"),
  });
  const peers = watchServices({
    core: createServiceProber({ service: BillingCoreService, baseUrl: peerUrl(settings, "CORE") }),
  });
  const running = await runService({
    ...common,
    settings,
    redis,
    log,
    port: settings.PRICING_PORT,
    routes: [
      pricingRoutes({
        feeds,
        bookUsers: createBookUsers(core),
        readAccountUsage: createAccountUsageReader(core),
        secret,
      }),
    ],
    reasons: [ErrorReasonSchema],
    owners: {},
    notReady: async () => {
      await redis.ping();
      return [];
    },
    peers: peers.peers,
  });
  return {
    stop: async () => {
      await running.drain();
      await schedule.stop();
      await peers.stop();
      core.close();
      await catalogue.close();
    },
  };
});
