import type { ResourceOwners } from "#platform/access/ownership.ts";
import { alertNotFound } from "../domain/alerts/alert-reading.ts";
import type { AlertStore } from "../store/alerts/alert-store.ts";

/** Whose the resources in requests are; an alert about the system belongs to nobody. */
export function resourceOwners(alerts: Pick<AlertStore, "get">): ResourceOwners {
  return {
    alertId: {
      accountOf: async (alertId) => (await alerts.get(alertId))?.record.accountId || undefined,
      notFound: alertNotFound,
    },
  };
}
