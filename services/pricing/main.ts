/** Pricing: what usage costs. */
import { ErrorReasonSchema } from "#gen/billing/pricing/v1/error_reason_pb.ts";
import { signingSecret } from "#platform/service/access-settings.ts";
import { runService } from "#platform/service/run-service.ts";
import { start } from "#platform/service/start.ts";
import { pricingSettings } from "./config.ts";
import { readBundledPrices } from "./domain/bundled-catalogue.ts";
import { Catalogue } from "./domain/catalogue.ts";
import { pricingRoutes } from "./rpc/pricing-routes.ts";
import { readBundledFile } from "./store/bundled-file.ts";

await start("pricing", pricingSettings, async ({ settings, redis, log, ...common }) => {
  const { file, prices } = readBundledPrices(readBundledFile());
  log.info(
    { catalogue: file.name, date: file.date, prices: file.priceCount, free: file.freeCount },
    `bundled prices of ${file.date}: ${file.priceCount} from ${file.source}`,
  );
  const running = await runService({
    ...common,
    settings,
    redis,
    log,
    port: settings.PRICING_PORT,
    routes: [pricingRoutes({ catalogue: new Catalogue(prices), secret: signingSecret(settings) })],
    reasons: [ErrorReasonSchema],
    owners: {},
    notReady: async () => {
      await redis.ping();
      return [];
    },
  });
  return { stop: running.drain };
});
