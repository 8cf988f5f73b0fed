import { ServiceError } from "#platform/errors/service-error.ts";
import type { AuditAttempt, AuditOutcome, AuditResult } from "./audit-entry.ts";
import type { AuditLog } from "./audit-log.ts";

/** What came of a change, for the log. */
export type AuditedResult = Pick<AuditOutcome, "before" | "after" | "targetId" | "accountId">;

/**
 * Makes a change that is audited, whatever comes of it: the intent is noted first, then the change is made, then
 * its outcome is entered. If this process dies in between, the intent is entered later as unknown.
 *
 * @param describe what the log should say of the result.
 * @returns the result and the number of its entry.
 * @throws what the change throws; STORE_UNAVAILABLE if the log cannot be written: before the change nothing was
 *   done, after it the outcome is unknown to the caller, who may repeat the call.
 */
export async function auditChange<T>(
  log: Pick<AuditLog, "begin" | "append">,
  attempt: AuditAttempt,
  change: () => Promise<T>,
  describe: (result: T) => AuditedResult,
): Promise<{ readonly result: T; readonly sequence: number }> {
  const intentId = await log.begin(attempt);
  let result: T;
  try {
    result = await change();
  } catch (error) {
    await log.append(attempt, outcomeOf(error), intentId);
    throw error;
  }
  const outcome: AuditOutcome = { result: "succeeded", errorReason: "", ...describe(result) };
  return { result, sequence: await log.append(attempt, outcome, intentId) };
}

/** What a reason says of the effect, where it is not a plain refusal. */
const resultsByReason: Readonly<Record<string, AuditResult>> = {
  STORE_UNAVAILABLE: "unknown",
  PEER_UNAVAILABLE: "unknown",
  STRIPE_UNAVAILABLE: "unknown",
  DEADLINE_PASSED: "unknown",
  CALL_CANCELED: "unknown",
  SHUTTING_DOWN: "unknown",
  INTERNAL: "unknown",
  OVERLOADED: "failed",
  RATE_LIMITED: "failed",
  STRIPE_RATE_LIMITED: "failed",
};

/** How something ended that threw. */
export function outcomeOf(error: unknown): AuditOutcome {
  const reason = error instanceof ServiceError ? error.reason : "INTERNAL";
  return { result: resultsByReason[reason] ?? "refused", errorReason: reason };
}
