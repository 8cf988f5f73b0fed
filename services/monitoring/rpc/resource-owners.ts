import type { ResourceOwners } from "#platform/access/ownership.ts";
import { MonitoringError } from "../domain/monitoring-error.ts";

/** Whose the resources in requests are. No alert is kept, so none belongs to anybody. */
export const resourceOwners: ResourceOwners = {
  alertId: {
    accountOf: () => undefined,
    notFound: () => new MonitoringError("ALERT_NOT_FOUND", "there is no such alert"),
  },
};
