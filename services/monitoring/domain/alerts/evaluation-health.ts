import type { AlertStore } from "../../store/alerts/alert-store.ts";
import type { DeliveryStore } from "../../store/deliveries/delivery-store.ts";

/** How far the evaluation of rules is, whichever instance evaluates. */
export interface EvaluationHealth {
  /** When all rules were evaluated last without a failure; undefined if never. */
  readonly lastSuccessAtMs: number | undefined;
  /** How long the last round took. */
  readonly lastDurationMs: number;
  readonly failedRuleCount: number;
  /** Instance that evaluates. */
  readonly evaluator: string;
  readonly pendingDeliveries: number;
}

/** Undefined while no round was ever made. @throws STORE_UNAVAILABLE. */
export async function readEvaluationHealth(
  alerts: Pick<AlertStore, "readRound">,
  { queue }: Pick<DeliveryStore, "queue">,
): Promise<EvaluationHealth | undefined> {
  const [round, { due, delayed, leased }] = await Promise.all([alerts.readRound(), queue.stats()]);
  if (round === undefined) return undefined;
  const { lastSuccessAtMs } = round;
  return { ...round, lastSuccessAtMs, pendingDeliveries: due + delayed + leased };
}
