import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { routesOf, type ServiceHandlers, type ServiceRoutes } from "#platform/rpc/handlers.ts";
import type { EvaluationHealth } from "../domain/alerts/evaluation-health.ts";
import type { SystemWatch } from "../domain/system-watch.ts";
import { toSystemHealthMessage } from "./system-health-message.ts";

/** What the handlers work with. */
export interface MonitoringParts {
  readonly system: Pick<SystemWatch, "get">;
  /** How far the evaluation of rules is; undefined if that is not known. */
  readonly evaluation?: () => Promise<EvaluationHealth | undefined>;
}

/** The methods of MonitoringService that this server offers; each concept brings its own. */
export function monitoringRoutes(
  { system, evaluation = async () => undefined }: MonitoringParts,
  ...concepts: ReadonlyArray<ServiceHandlers<typeof MonitoringService>>
): ServiceRoutes {
  const health: ServiceHandlers<typeof MonitoringService> = {
    async getSystemHealth() {
      // Without Redis the rest can still be said.
      const [health, evaluated] = await Promise.all([system.get(), evaluation().catch(() => undefined)]);
      return { health: toSystemHealthMessage(health, evaluated) };
    },
  };
  return routesOf(MonitoringService, Object.assign({}, health, ...concepts));
}
