import { ErrorReasonSchema } from "#gen/billing/exchange/v1/error_reason_pb.ts";
import { createPageTokens } from "#platform/paging/page-token.ts";
import { signingSecret } from "#platform/service/access-settings.ts";
import { runService } from "#platform/service/run-service.ts";
import { start } from "#platform/service/start.ts";
import { exchangeSettings } from "./config.ts";
import { CurrencyDirectory } from "./domain/currency-directory.ts";
import { openRateBook } from "./open-rate-book.ts";
import { exchangeRoutes } from "./rpc/handlers.ts";
import { exchangeOwners } from "./rpc/owners.ts";

await start("exchange", exchangeSettings, async (context) => {
  const { settings, redis, log } = context;
  const currencies = new CurrencyDirectory(settings.EXCHANGE_BASE_CURRENCY);
  const book = openRateBook(settings, log);
  const service = await runService({
    ...context,
    port: settings.EXCHANGE_PORT,
    routes: [
      exchangeRoutes({
        book,
        currencies,
        pageTokens: createPageTokens(signingSecret(settings)),
        now: Date.now,
      }),
    ],
    reasons: [ErrorReasonSchema],
    owners: exchangeOwners,
    notReady: async () => {
      await redis.ping();
      return [];
    },
  });
  return { stop: () => service.drain() };
});
