import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { routesOf, type ServiceHandlers, type ServiceRoutes } from "#platform/rpc/handlers.ts";
import type { SystemWatch } from "../domain/system-watch.ts";
import { toSystemHealthMessage } from "./system-health-message.ts";

/** What the handlers work with. */
export interface MonitoringParts {
  readonly system: Pick<SystemWatch, "get">;
}

/** The methods of MonitoringService that this server offers; each concept brings its own. */
export function monitoringRoutes(
  { system }: MonitoringParts,
  ...concepts: ReadonlyArray<ServiceHandlers<typeof MonitoringService>>
): ServiceRoutes {
  const health: ServiceHandlers<typeof MonitoringService> = {
    getSystemHealth: async () => ({ health: toSystemHealthMessage(await system.get()) }),
  };
  return routesOf(MonitoringService, Object.assign({}, health, ...concepts));
}
