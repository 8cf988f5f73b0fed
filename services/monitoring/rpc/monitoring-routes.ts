import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { routesOf, type ServiceHandlers, type ServiceRoutes } from "#platform/rpc/handlers.ts";
import { type HealthParts, readSystemHealth } from "./health-reader.ts";

/** The methods of MonitoringService that this server offers; each concept brings its own. */
export function monitoringRoutes(
  parts: HealthParts,
  ...concepts: ReadonlyArray<ServiceHandlers<typeof MonitoringService>>
): ServiceRoutes {
  const health: ServiceHandlers<typeof MonitoringService> = {
    getSystemHealth: async () => ({ health: await readSystemHealth(parts) }),
  };
  return routesOf(MonitoringService, Object.assign({}, health, ...concepts));
}
