import type { AlertStore, StoredAlert } from "../../store/alerts/alert-store.ts";
import { MonitoringError } from "../monitoring-error.ts";
import type { AlertReading } from "./alert-reading.ts";

/** That somebody takes an alert, or gives it back. */
export interface Acknowledging {
  readonly alertId: string;
  /** Subject of the token. */
  readonly actor: string;
  readonly note: string;
  readonly withdraw: boolean;
  readonly nowMs: number;
}

/** Notes who has taken an alert. @throws ALERT_NOT_FOUND, ALERT_NOT_ACTIVE. */
export async function acknowledgeAlert(
  store: AlertStore,
  reading: AlertReading,
  { alertId, actor, note, withdraw, nowMs }: Acknowledging,
): Promise<StoredAlert> {
  const alert = await reading.require(alertId);
  const { state, value } = alert.record;
  const what = withdraw ? "acknowledgement withdrawn by" : "acknowledged by";
  const description = note === "" ? `${what} ${actor}` : `${what} ${actor}: ${note}`;
  const step = { atMs: nowMs, from: state, to: state, value, description, actor };
  const acknowledgement = withdraw ? undefined : { by: actor, atMs: nowMs, note };
  if (!(await store.acknowledge(alert, acknowledgement, step))) {
    throw new MonitoringError("ALERT_NOT_ACTIVE", "the alert is over", {
      metadata: { alert_id: alertId, state: (await reading.require(alertId)).record.state },
    });
  }
  return reading.require(alertId);
}
