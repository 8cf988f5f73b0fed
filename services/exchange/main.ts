import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ErrorReasonSchema } from "#gen/billing/exchange/v1/error_reason_pb.ts";
import { serviceTokenSource } from "#platform/access/token.ts";
import { createServiceClient } from "#platform/client/service-client.ts";
import { peerUrl } from "#platform/config/common-settings.ts";
import { allowedHostsOf } from "#platform/http-client/refused-address.ts";
import { createPageTokens } from "#platform/paging/page-token.ts";
import { signingSecret } from "#platform/service/access-settings.ts";
import { runService } from "#platform/service/run-service.ts";
import { start } from "#platform/service/start.ts";
import { exchangeSettings } from "./config.ts";
import { stateMaker } from "./create-state.ts";
import { createExchangeMetrics } from "./exchange-metrics.ts";
import { logRefresh } from "./log-refresh.ts";
import { hasAccounts } from "./peers/core.ts";
import { openExchangeRatesId, providerCatalogue } from "./providers/provider-catalogue.ts";
import { exchangeRoutes } from "./rpc/handlers.ts";
import { exchangeOwners } from "./rpc/owners.ts";
import { wireExchange } from "./wire-exchange.ts";

const heartbeatMs = 15_000;
const hourMs = 60 * 60 * 1_000;

await start("exchange", exchangeSettings, async (context) => {
  const { settings, redis, log } = context;
  const secret = signingSecret(settings);
  const core = createServiceClient({
    service: BillingCoreService,
    peer: "core",
    baseUrl: peerUrl(settings, "CORE"),
    token: serviceTokenSource(secret, "exchange", ["core.read"]),
  });

  const catalogue = providerCatalogue({ maxAgeMs: settings.EXCHANGE_MAX_AGE_HOURS * hourMs });
  const appId = settings.EXCHANGE_OPENEXCHANGERATES_APP_ID;
  const { parts, schedules } = wireExchange({
    redis,
    catalogue,
    createState: stateMaker(settings, catalogue, log),
    hasAccounts: (code) => hasAccounts(core, code),
    policy: { allowedHosts: allowedHostsOf(settings.EXCHANGE_ALLOWED_HOSTS) },
    dataFolder: settings.DATA_DIR,
    credentials: appId === undefined ? {} : { [openExchangeRatesId]: { authorization: `Token ${appId}` } },
    quoteSpread: settings.EXCHANGE_QUOTE_SPREAD,
    onRefresh: (result) => {
      logRefresh(log, result);
      exchangeMetrics.countRefresh(result);
    },
    onError: (what, error) => log.warn({ err: error }, what),
    now: Date.now,
  });
  const exchangeMetrics = createExchangeMetrics(context.metrics, parts.live, Date.now);
  await parts.live.start();

  const service = await runService({
    ...context,
    port: settings.EXCHANGE_PORT,
    routes: [
      exchangeRoutes({
        ...parts,
        heartbeatMs,
        refreshesOnSchedule: settings.EXCHANGE_REFRESH,
        pageTokens: createPageTokens(secret),
      }),
    ],
    reasons: [ErrorReasonSchema],
    owners: exchangeOwners(parts.quotes),
    notReady: async () => {
      await redis.ping();
      return [];
    },
  });
  if (settings.EXCHANGE_REFRESH) schedules.start();
  return {
    stop: async () => {
      await schedules.stop();
      await service.drain();
      await parts.live.stop();
      core.close();
    },
  };
});
