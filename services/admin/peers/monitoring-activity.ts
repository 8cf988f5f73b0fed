import type { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import type { ServiceClient } from "#platform/client/service-client.ts";
import type { Activity } from "../domain/stats.ts";

/** The fewest points of a course that can be asked for: only the figures are wanted. */
const fewestPoints = 2;

/** Reads what Monitoring counts over all accounts. */
export function createActivityReader(
  monitoring: Pick<ServiceClient<typeof MonitoringService>, "getOverview">,
): () => Promise<Activity> {
  return async () => {
    const { overview } = await monitoring.getOverview({ maxPoints: fewestPoints });
    const countOf = (tile: string): bigint | undefined => {
      const value = overview?.tiles.find(({ name }) => name === tile)?.value ?? "";
      return /^\d+$/.test(value) ? BigInt(value) : undefined;
    };
    const alerts = overview?.alertCounts;
    return {
      openHolds: countOf("open_holds"),
      declines24h: countOf("declines"),
      firingAlerts: alerts && alerts.firingCritical + alerts.firingWarning + alerts.firingInfo,
    };
  };
}
