import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { createPageTokens } from "#platform/paging/page-token.ts";
import { routesOf, type ServiceRoutes } from "#platform/rpc/handlers.ts";
import type { BookUsers } from "../domain/catalogue/book-editor.ts";
import type { ReadAccountUsage } from "../peers/account-usage.ts";
import { bookHandlers } from "./books.ts";
import { calculatePriceHandler, calculatePricesHandler } from "./calculation.ts";
import type { FeedParts } from "./feed-parts.ts";
import { importHandlers } from "./imports.ts";
import { priceChangeHandlers } from "./price-changes.ts";
import { getPriceHandler, listPricesHandler, listPriceVersionsHandler } from "./prices.ts";
import { simulatePriceHandler } from "./simulation.ts";
import { sourceHandlers } from "./sources.ts";

/** What the handlers of Pricing need. */
export interface PricingParts {
  readonly feeds: FeedParts;
  readonly bookUsers: BookUsers;
  readonly readAccountUsage: ReadAccountUsage;
  /** Secret that all instances share; signs page tokens. */
  readonly secret: Uint8Array;
}

/** The RPCs of Pricing. */
export function pricingRoutes({ feeds, bookUsers, readAccountUsage, secret }: PricingParts): ServiceRoutes {
  const pageTokens = createPageTokens(secret);
  const { catalogue } = feeds;
  return routesOf(PricingService, {
    calculatePrice: calculatePriceHandler(catalogue),
    calculatePrices: calculatePricesHandler(catalogue),
    simulatePrice: simulatePriceHandler(feeds, readAccountUsage),
    getPrice: getPriceHandler(catalogue),
    listPrices: listPricesHandler(catalogue, pageTokens),
    listPriceVersions: listPriceVersionsHandler(catalogue, pageTokens),
    ...priceChangeHandlers(catalogue),
    ...bookHandlers(catalogue, bookUsers, pageTokens),
    ...sourceHandlers(feeds, pageTokens),
    ...importHandlers(feeds, pageTokens),
  });
}
