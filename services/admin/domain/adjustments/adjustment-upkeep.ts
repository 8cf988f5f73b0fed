import type { StoredAdjustment } from "../../store/adjustment-store.ts";
import { systemActor } from "../access/actor.ts";
import { outcomeOf } from "../audit/audit-change.ts";
import { attemptOf, type ChangeOrigin } from "../audit/change-origin.ts";
import { isOpen, stateOf } from "./adjustment.ts";
import { type AdjustmentsParts, noteAudit } from "./adjustments.ts";
import { applyAdjustment } from "./apply-adjustment.ts";
import { shownInLog } from "./shown-in-log.ts";

/** Adjustments that one round looks at. */
const atOnce = 500;
/** Whoever began it is gone by then. */
const abandonedMs = 2 * 60_000;

/**
 * Goes on with adjustments that were left open: those whose outcome is unknown are booked with the same key, those
 * that nobody decided in time end, and entries that the audit log lacks are made. Gives how many it ended.
 */
export async function resumeAdjustments(parts: AdjustmentsParts): Promise<number> {
  let ended = 0;
  for (const stored of await parts.store.listOpen(atOnce)) {
    if (await resume(parts, stored)) ended += 1;
  }
  return ended;
}

async function resume(parts: AdjustmentsParts, stored: StoredAdjustment): Promise<boolean> {
  const { record } = stored;
  const nowMs = parts.now();
  if (stateOf(record, nowMs) === "expired") return expire(parts, stored);
  const lastStepMs = record.decision?.atMs ?? record.requestedAtMs;
  if (nowMs - lastStepMs < abandonedMs) return false;
  if (record.state === "applying") return applyAgain(parts, stored);
  if (!record.auditOwed) return false;
  await enter(parts, stored);
  return true;
}

async function applyAgain(parts: AdjustmentsParts, stored: StoredAdjustment): Promise<boolean> {
  try {
    await enter(parts, await applyAdjustment(parts, stored));
    return true;
  } catch (error) {
    const outcome = outcomeOf(error);
    if (outcome.result !== "refused") return false;
    const sequence = await parts.auditLog.append(attemptFor(stored), outcome);
    const present = await parts.store.get(stored.record.adjustmentId);
    if (present !== undefined) await noteAudit(parts, present, sequence);
    return true;
  }
}

async function expire(parts: AdjustmentsParts, { version, record }: StoredAdjustment): Promise<boolean> {
  const expired = { ...record, state: "expired" as const, auditOwed: true };
  if ((await parts.store.put(expired, version, isOpen(expired))) !== "written") return false;
  await enter(parts, { version: version + 1, record: expired });
  return true;
}

async function enter(parts: AdjustmentsParts, stored: StoredAdjustment): Promise<void> {
  const outcome = { result: "succeeded", errorReason: "", ...shownInLog(stored.record) } as const;
  const sequence = await parts.auditLog.append(attemptFor(stored), outcome);
  await noteAudit(parts, stored, sequence);
}

/** In whose name an entry is made. */
function attemptFor({ record }: StoredAdjustment) {
  const { decision, requested, adjustmentId, accountId } = record;
  const origin: ChangeOrigin =
    record.state === "expired"
      ? { actor: systemActor, action: "adjustment.expire", requestId: "", address: "" }
      : (decision?.origin ?? requested);
  const concernsRequest = decision === undefined && record.state !== "expired";
  return attemptOf(origin, {
    ...(concernsRequest
      ? { targetType: "account", targetId: accountId }
      : { targetType: "adjustment", targetId: adjustmentId }),
    accountId,
    reason: record.state === "expired" ? "nobody decided in time" : (decision?.note ?? record.reason),
  });
}
