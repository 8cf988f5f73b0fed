import { accountRoutes } from "./account-routes.ts";
import { exchangeRoutes } from "./exchange-routes.ts";
import { monitoringRoutes } from "./monitoring-routes.ts";
import { operatorRoutes } from "./operator-routes.ts";
import { pricingRoutes } from "./pricing-routes.ts";
import type { Route } from "./route.ts";

/** Every route of HTTP JSON that is an RPC. */
export const allRoutes: readonly Route[] = [
  ...accountRoutes,
  ...pricingRoutes,
  ...exchangeRoutes,
  ...monitoringRoutes,
  ...operatorRoutes,
];
