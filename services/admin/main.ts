import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { ErrorReasonSchema } from "#gen/billing/admin/v1/error_reason_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ErrorReasonSchema as CoreReasons } from "#gen/billing/core/v1/error_reason_pb.ts";
import { ErrorReasonSchema as ExchangeReasons } from "#gen/billing/exchange/v1/error_reason_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { serviceTokenSource } from "#platform/access/token.ts";
import { createSelfProber, createServiceProber } from "#platform/client/probe-service.ts";
import { createServiceClient } from "#platform/client/service-client.ts";
import { watchServices } from "#platform/client/service-watch.ts";
import { peerUrl } from "#platform/config/common-settings.ts";
import { routesOf } from "#platform/rpc/handlers.ts";
import { createClientAddress } from "#platform/server/client-address.ts";
import { signingSecret } from "#platform/service/access-settings.ts";
import { runService } from "#platform/service/run-service.ts";
import { start } from "#platform/service/start.ts";
import { observeAuditLog } from "./audit-metrics.ts";
import { adminSettings } from "./config.ts";
import { countPending } from "./domain/adjustments/list-adjustments.ts";
import { createStatsReader } from "./domain/stats-reader.ts";
import { startHttpDoor } from "./http/http-door.ts";
import { openPayments } from "./open-payments.ts";
import { createAccountPageReader } from "./peers/core-accounts.ts";
import { createActivityReader } from "./peers/monitoring-activity.ts";
import { createServiceOperations, peerBaseUrls } from "./peers/service-operations.ts";
import { adminHandlers } from "./rpc/admin-handlers.ts";
import { auditedRoutes } from "./rpc/audited-routes.ts";
import { createResourceOwners } from "./rpc/resource-owners.ts";
import { startUpkeep } from "./upkeep.ts";
import { wireOperations } from "./wire-operations.ts";

await start("admin", adminSettings, async (context) => {
  const { settings, redis, version, log } = context;
  const notReady = async () => {
    await redis.ping();
    return [];
  };
  const services = watchServices({
    core: createServiceProber({ service: BillingCoreService, baseUrl: peerUrl(settings, "CORE") }),
    pricing: createServiceProber({ service: PricingService, baseUrl: peerUrl(settings, "PRICING") }),
    exchange: createServiceProber({ service: ExchangeRateService, baseUrl: peerUrl(settings, "EXCHANGE") }),
    monitoring: createServiceProber({ service: MonitoringService, baseUrl: peerUrl(settings, "MONITORING") }),
    admin: createSelfProber({
      address: `${settings.HOST}:${settings.ADMIN_PORT + settings.PORT_OFFSET}`,
      version,
      notReady,
    }),
  });
  const core = createServiceClient({
    service: BillingCoreService,
    peer: "core",
    baseUrl: peerUrl(settings, "CORE"),
    token: serviceTokenSource(signingSecret(settings), "admin", ["core.read", "core.fund"]),
    timeoutMs: 3_000,
  });
  const monitoring = createServiceClient({
    service: MonitoringService,
    peer: "monitoring",
    baseUrl: peerUrl(settings, "MONITORING"),
    token: serviceTokenSource(signingSecret(settings), "admin", ["monitoring.read"]),
    timeoutMs: 3_000,
  });
  const operations = await wireOperations({ settings, redis, log, core });
  observeAuditLog(context.metrics, operations.auditStore);
  const { extendGate } = operations;
  const payments = openPayments({ ...context, ...operations });
  const addressOf = createClientAddress(settings.TRUSTED_PROXIES);
  const owners = createResourceOwners(payments.ownerOf);
  const operatorHandlers = adminHandlers({
    ...operations,
    readStats: createStatsReader({
      readAccountPage: createAccountPageReader(core),
      services,
      redis,
      softwareVersion: version,
      readStripe: payments.readUse,
      readActivity: createActivityReader(monitoring),
      countPendingAdjustments: () => countPending(operations.adjustments),
    }),
  });
  const handlers = { ...operatorHandlers, ...payments.handlers };
  const peers = async () => {
    const { admin: _, ...others } = await services.peers();
    return others;
  };
  const running = await runService({
    ...context,
    port: settings.ADMIN_PORT,
    routes: [routesOf(AdminService, handlers)],
    reasons: [ErrorReasonSchema, CoreReasons, ExchangeReasons],
    owners,
    extendGate,
    addressOf,
    notReady,
    peers,
  });
  const upkeep = startUpkeep({ ...operations, log });
  const passedOn = createServiceOperations({
    baseUrls: peerBaseUrls(settings),
    secret: signingSecret(settings),
  });
  const http = await startHttpDoor({
    ...context,
    ...operations,
    services: [
      routesOf(AdminService, handlers),
      ...passedOn.routes.map((routes) => auditedRoutes(routes, operations)),
    ],
    plugins: payments.plugins,
    owners,
    extendGate,
    addressOf,
    notReady,
    peers,
  });
  return {
    async stop() {
      await Promise.all([running.drain(), http.drain()]);
      await upkeep.stop();
      await payments.stop();
      await services.stop();
      core.close();
      monitoring.close();
      passedOn.close();
    },
  };
});
