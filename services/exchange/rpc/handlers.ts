import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { routesOf, type ServiceRoutes } from "#platform/rpc/handlers.ts";
import { conversionHandlers } from "./conversion-handlers.ts";
import { currencyHandlers } from "./currency-handlers.ts";
import type { ExchangeParts } from "./exchange-parts.ts";
import { heldRateHandlers } from "./held-rate-handlers.ts";
import { providerHandlers } from "./provider-handlers.ts";
import { quoteHandlers } from "./quote-handlers.ts";
import { rateHandlers } from "./rate-handlers.ts";
import { watchHandlers } from "./watch-handlers.ts";

/** The RPC face of Exchange. */
export function exchangeRoutes(parts: ExchangeParts): ServiceRoutes {
  return routesOf(ExchangeRateService, {
    ...currencyHandlers(parts),
    ...rateHandlers(parts),
    ...watchHandlers(parts),
    ...heldRateHandlers(parts),
    ...providerHandlers(parts),
    ...conversionHandlers(parts),
    ...quoteHandlers(parts),
  });
}
