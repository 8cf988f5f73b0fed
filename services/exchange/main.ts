import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ErrorReasonSchema } from "#gen/billing/exchange/v1/error_reason_pb.ts";
import { serviceTokenSource } from "#platform/access/token.ts";
import { createServiceClient } from "#platform/client/service-client.ts";
import { peerUrl } from "#platform/config/common-settings.ts";
import { createPageTokens } from "#platform/paging/page-token.ts";
import { signingSecret } from "#platform/service/access-settings.ts";
import { runService } from "#platform/service/run-service.ts";
import { start } from "#platform/service/start.ts";
import { exchangeSettings } from "./config.ts";
import { stateMaker } from "./create-state.ts";
import { Currencies } from "./domain/currencies.ts";
import { LiveExchange } from "./domain/live-exchange.ts";
import { ManualRates } from "./domain/manual-rates.ts";
import { hasAccounts } from "./peers/core.ts";
import { providerCatalogue } from "./providers/provider-catalogue.ts";
import { exchangeRoutes } from "./rpc/handlers.ts";
import { exchangeOwners } from "./rpc/owners.ts";
import { ExchangeStore } from "./store/exchange-store.ts";

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
  const store = new ExchangeStore(
    redis,
    catalogue.map(({ providerId }) => providerId),
  );
  const live = new LiveExchange({
    store,
    createState: stateMaker(settings, catalogue, log),
    onError: (error) => log.warn({ err: error }, "following the changes of Exchange failed for now"),
  });
  await live.start();

  const now = Date.now;
  const service = await runService({
    ...context,
    port: settings.EXCHANGE_PORT,
    routes: [
      exchangeRoutes({
        live,
        currencies: new Currencies({ store, live, hasAccounts: (code) => hasAccounts(core, code), now }),
        manualRates: new ManualRates({ store, live, now }),
        pageTokens: createPageTokens(secret),
        now,
      }),
    ],
    reasons: [ErrorReasonSchema],
    owners: exchangeOwners,
    notReady: async () => {
      await redis.ping();
      return [];
    },
  });
  return {
    stop: async () => {
      await service.drain();
      await live.stop();
      core.close();
    },
  };
});
