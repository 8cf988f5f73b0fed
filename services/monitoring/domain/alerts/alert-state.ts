import type { AlertState } from "../../store/alerts/alert-record.ts";

/** Where an alert stands in time; the part of it that the rules of its states are about. */
export interface AlertPhase {
  readonly state: AlertState;
  /** Since when its condition holds. */
  readonly activeAtMs: number;
  readonly firedAtMs?: number;
  readonly endedAtMs?: number;
  /** Since when only `keepFiringForMs` keeps it firing. */
  readonly keepFiringSinceMs?: number;
}

/** How long a rule waits with its alerts. */
export interface PhaseTiming {
  /** How long the condition must hold before an alert fires. */
  readonly forMs: number;
  /** How long an alert goes on firing after its condition ended. */
  readonly keepFiringForMs: number;
}

/**
 * The next phase of an alert after an evaluation, by the rules of Prometheus (rules/alerting.go): an alert is
 * pending from the first evaluation at which its condition holds and fires at the first one that is `forMs` later;
 * a pending one whose condition ends is forgotten; a firing one is resolved, unless `keepFiringForMs` keeps it.
 *
 * @param present undefined, or an alert that is pending or firing.
 * @param holds whether the condition holds now.
 * @returns undefined if there is no alert before and after.
 */
export function nextPhase(
  present: AlertPhase | undefined,
  holds: boolean,
  { forMs, keepFiringForMs }: PhaseTiming,
  nowMs: number,
): AlertPhase | undefined {
  if (holds) {
    const { keepFiringSinceMs: _, ...held } = present ?? { state: "pending", activeAtMs: nowMs };
    if (held.state === "pending" && nowMs - held.activeAtMs >= forMs)
      return { ...held, state: "firing", firedAtMs: nowMs };
    return held;
  }
  if (present === undefined) return undefined;
  if (present.state === "pending") return { ...present, state: "inactive", endedAtMs: nowMs };
  const keepFiringSinceMs = present.keepFiringSinceMs ?? nowMs;
  if (nowMs - keepFiringSinceMs < keepFiringForMs) return { ...present, keepFiringSinceMs };
  return endPhase(present, nowMs);
}

/** The phase of an alert that ends now, whatever its condition. */
export function endPhase(present: AlertPhase, nowMs: number): AlertPhase {
  const { keepFiringSinceMs: _, ...rest } = present;
  return { ...rest, state: present.state === "firing" ? "resolved" : "inactive", endedAtMs: nowMs };
}

/** Whether an alert is pending or firing. */
export function isActive({ state }: { readonly state: AlertState }): boolean {
  return state === "pending" || state === "firing";
}
