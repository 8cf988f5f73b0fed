import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { createPageTokens } from "#platform/paging/page-token.ts";
import { routesOf, type ServiceRoutes } from "#platform/rpc/handlers.ts";
import type { Catalogue } from "../domain/catalogue.ts";
import { calculatePriceHandler, calculatePricesHandler } from "./calculation.ts";
import { getPriceHandler, listPricesHandler } from "./prices.ts";

/** What the handlers of Pricing need. */
export interface PricingParts {
  readonly catalogue: Catalogue;
  /** Secret that all instances share; signs page tokens. */
  readonly secret: Uint8Array;
}

/** The RPCs of Pricing. */
export function pricingRoutes({ catalogue, secret }: PricingParts): ServiceRoutes {
  return routesOf(PricingService, {
    calculatePrice: calculatePriceHandler(catalogue),
    calculatePrices: calculatePricesHandler(catalogue),
    getPrice: getPriceHandler(catalogue),
    listPrices: listPricesHandler(catalogue, createPageTokens(secret)),
  });
}
