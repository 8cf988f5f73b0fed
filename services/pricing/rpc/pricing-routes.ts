import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { createPageTokens } from "#platform/paging/page-token.ts";
import { routesOf, type ServiceRoutes } from "#platform/rpc/handlers.ts";
import type { BookUsers } from "../domain/catalogue/book-editor.ts";
import type { LiveCatalogue } from "../domain/catalogue/live-catalogue.ts";
import { bookHandlers } from "./books.ts";
import { calculatePriceHandler, calculatePricesHandler } from "./calculation.ts";
import { priceChangeHandlers } from "./price-changes.ts";
import { getPriceHandler, listPricesHandler, listPriceVersionsHandler } from "./prices.ts";

/** What the handlers of Pricing need. */
export interface PricingParts {
  readonly catalogue: LiveCatalogue;
  readonly bookUsers: BookUsers;
  /** Secret that all instances share; signs page tokens. */
  readonly secret: Uint8Array;
}

/** The RPCs of Pricing. */
export function pricingRoutes({ catalogue, bookUsers, secret }: PricingParts): ServiceRoutes {
  const pageTokens = createPageTokens(secret);
  return routesOf(PricingService, {
    calculatePrice: calculatePriceHandler(catalogue),
    calculatePrices: calculatePricesHandler(catalogue),
    getPrice: getPriceHandler(catalogue),
    listPrices: listPricesHandler(catalogue, pageTokens),
    listPriceVersions: listPriceVersionsHandler(catalogue, pageTokens),
    ...priceChangeHandlers(catalogue),
    ...bookHandlers(catalogue, bookUsers, pageTokens),
  });
}
