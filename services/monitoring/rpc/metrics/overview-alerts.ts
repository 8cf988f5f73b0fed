import type { MessageInitShape } from "@bufbuild/protobuf";
import type { OverviewSchema } from "#gen/billing/monitoring/v1/overview_pb.ts";
import { type AlertReading, isMuted } from "../../domain/alerts/alert-reading.ts";
import type { StoredAlert } from "../../store/alerts/alert-store.ts";
import { alertMessage } from "../alerting/alert-messages.ts";

/** What an overview says of alerts. */
export type OverviewAlerts = Pick<MessageInitShape<typeof OverviewSchema>, "alerts" | "alertCounts">;

const mostAlerts = 20;
const severityOrder: Readonly<Record<StoredAlert["record"]["severity"], number>> = {
  critical: 0,
  warning: 1,
  info: 2,
};

/** Numbers of the alerts that are on, and the worst of those that nobody has muted. */
export async function overviewAlerts(
  reading: Pick<AlertReading, "active">,
  dashboardUrl: string,
): Promise<OverviewAlerts> {
  const active = await reading.active();
  const firing = active.filter(({ record }) => record.state === "firing");
  const countOf = (severity: string) => firing.filter(({ record }) => record.severity === severity).length;
  return {
    alertCounts: {
      pending: active.length - firing.length,
      firingCritical: countOf("critical"),
      firingWarning: countOf("warning"),
      firingInfo: countOf("info"),
      muted: firing.filter(isMuted).length,
      acknowledged: firing.filter(({ acknowledgement }) => acknowledgement !== undefined).length,
    },
    alerts: firing
      .filter((alert) => !isMuted(alert))
      .sort(worstThenNewest)
      .slice(0, mostAlerts)
      .map((alert) => alertMessage(alert, dashboardUrl)),
  };
}

function worstThenNewest({ record: left }: StoredAlert, { record: right }: StoredAlert): number {
  const bySeverity = severityOrder[left.severity] - severityOrder[right.severity];
  return bySeverity || right.activeAtMs - left.activeAtMs;
}
