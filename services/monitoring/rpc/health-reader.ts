import type { SystemHealth as SystemHealthMessage } from "#gen/billing/monitoring/v1/system_health_pb.ts";
import type { EvaluationHealth } from "../domain/alerts/evaluation-health.ts";
import type { SystemWatch } from "../domain/system-watch.ts";
import { toSystemHealthMessage } from "./system-health-message.ts";

/** What a reading of the system's health stands on. */
export interface HealthParts {
  readonly system: Pick<SystemWatch, "get">;
  /** How far the evaluation of rules is; undefined if that is not known. */
  readonly evaluation?: () => Promise<EvaluationHealth | undefined>;
}

/** The health of the system, for GetSystemHealth and GetOverview alike. */
export async function readSystemHealth({
  system,
  evaluation = async () => undefined,
}: HealthParts): Promise<SystemHealthMessage> {
  // Without Redis the rest can still be said.
  const [health, evaluated] = await Promise.all([system.get(), evaluation().catch(() => undefined)]);
  return toSystemHealthMessage(health, evaluated);
}
