import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { ErrorReasonSchema } from "#gen/billing/monitoring/v1/error_reason_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { serviceTokenSource } from "#platform/access/token.ts";
import { createSelfProber, createServiceProber } from "#platform/client/probe-service.ts";
import { createServiceClient } from "#platform/client/service-client.ts";
import { peerUrl } from "#platform/config/common-settings.ts";
import { allowedHostsOf } from "#platform/http-client/refused-address.ts";
import { createPageTokens } from "#platform/paging/page-token.ts";
import { signingSecret } from "#platform/service/access-settings.ts";
import { runService } from "#platform/service/run-service.ts";
import { start } from "#platform/service/start.ts";
import { createAlertingMetrics } from "./alerting-metrics.ts";
import { channelSecrets, monitoringSettings } from "./config.ts";
import { createFigureReader } from "./domain/alerts/figure-reader.ts";
import { createSpendReader } from "./domain/alerts/spend-reader.ts";
import { watchSystem } from "./domain/system-watch.ts";
import { openAlerting } from "./open-alerting.ts";
import { openMetrics } from "./open-metrics.ts";
import { openMetricsReader } from "./open-metrics-reader.ts";
import { readPriceSources, readRateSources } from "./peers/sources.ts";
import { alertingHandlers } from "./rpc/alerting/alerting-handlers.ts";
import { metricsHandlers } from "./rpc/metrics/metrics-handlers.ts";
import { overviewAlerts } from "./rpc/metrics/overview-alerts.ts";
import { overviewHandlers } from "./rpc/metrics/overview-handlers.ts";
import { monitoringRoutes } from "./rpc/monitoring-routes.ts";
import { resourceOwners } from "./rpc/resource-owners.ts";
import { probeRedis, redisAddress } from "./store/probe-redis.ts";

await start("monitoring", monitoringSettings, async (context) => {
  const { settings, redis, version, metrics, log } = context;
  const notReady = async () => {
    await redis.ping();
    return [];
  };
  const recorded = openMetricsReader(redis);
  const alerting = await openAlerting({
    redis,
    figures: createFigureReader(recorded.reader),
    readSpend: createSpendReader(recorded.reader, Date.now),
    log,
    pageTokens: createPageTokens(signingSecret(settings)),
    channelSecrets: channelSecrets(settings),
    policy: { allowedHosts: allowedHostsOf(settings.MONITORING_ALLOWED_HOSTS), ports: "any" },
    dashboardUrl: settings.DASHBOARD_URL,
    metrics: createAlertingMetrics(metrics),
  });
  const tokenFor = (scope: string) => serviceTokenSource(signingSecret(settings), "monitoring", [scope]);
  const core = createServiceClient({
    ...{ service: BillingCoreService, peer: "core", baseUrl: peerUrl(settings, "CORE") },
    token: tokenFor("core.read"),
  });
  const pricing = createServiceClient({
    ...{ service: PricingService, peer: "pricing", baseUrl: peerUrl(settings, "PRICING") },
    token: tokenFor("pricing.read"),
  });
  const exchange = createServiceClient({
    ...{ service: ExchangeRateService, peer: "exchange", baseUrl: peerUrl(settings, "EXCHANGE") },
    token: tokenFor("exchange.read"),
  });
  const askRedis = () => probeRedis(redis, redisAddress(settings.REDIS_URL));
  const atWork = openMetrics({
    redis,
    recorded,
    log,
    metrics,
    pageTokens: createPageTokens(signingSecret(settings)),
    core,
    peers: {
      core: peerUrl(settings, "CORE"),
      pricing: peerUrl(settings, "PRICING"),
      exchange: peerUrl(settings, "EXCHANGE"),
      admin: peerUrl(settings, "ADMIN"),
    },
    probeRedis: askRedis,
    alerts: alerting.parts.reading,
    rules: alerting.accountRules,
  });
  const system = watchSystem({
    services: {
      core: createServiceProber({ service: BillingCoreService, baseUrl: peerUrl(settings, "CORE") }),
      pricing: createServiceProber({ service: PricingService, baseUrl: peerUrl(settings, "PRICING") }),
      exchange: createServiceProber({ service: ExchangeRateService, baseUrl: peerUrl(settings, "EXCHANGE") }),
      monitoring: createSelfProber({
        address: `${settings.HOST}:${settings.MONITORING_PORT + settings.PORT_OFFSET}`,
        version,
        notReady,
      }),
      admin: createServiceProber({ service: AdminService, baseUrl: peerUrl(settings, "ADMIN") }),
    },
    probeRedis: askRedis,
    readIntake: atWork.progress,
    readSources: [() => readRateSources(exchange), () => readPriceSources(pricing)],
    ownVersion: version,
  });
  const health = { system, evaluation: alerting.evaluation };
  const running = await runService({
    ...context,
    port: settings.MONITORING_PORT,
    routes: [
      monitoringRoutes(
        health,
        alertingHandlers(alerting.parts),
        metricsHandlers(atWork.parts),
        overviewHandlers({
          ...atWork.overview,
          ...health,
          alerts: () => overviewAlerts(alerting.parts.reading, settings.DASHBOARD_URL),
        }),
      ),
    ],
    reasons: [ErrorReasonSchema],
    owners: resourceOwners(alerting.parts.alertStore),
    notReady,
    peers: system.peers,
  });
  return {
    async stop() {
      await running.drain();
      await alerting.stop();
      await atWork.stop();
      await system.stop();
      for (const client of [core, pricing, exchange]) client.close();
    },
  };
});
