import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { routesOf, type ServiceRoutes } from "#platform/rpc/handlers.ts";
import type { SystemWatch } from "../domain/system-watch.ts";
import { toSystemHealthMessage } from "./system-health-message.ts";

/** What the handlers work with. */
export interface MonitoringParts {
  readonly system: Pick<SystemWatch, "get">;
}

/** The methods of MonitoringService that this server offers. */
export function monitoringRoutes({ system }: MonitoringParts): ServiceRoutes {
  return routesOf(MonitoringService, {
    getSystemHealth: async () => ({ health: toSystemHealthMessage(await system.get()) }),
  });
}
