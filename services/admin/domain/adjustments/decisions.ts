import type { AdjustmentRecord, StoredAdjustment } from "../../store/adjustment-store.ts";
import { AdminError } from "../admin-error.ts";
import { auditChange } from "../audit/audit-change.ts";
import { attemptOf, type ChangeOrigin } from "../audit/change-origin.ts";
import { type Adjustment, fingerprintOf, isSameActor, stateOf, toAdjustment } from "./adjustment.ts";
import { type AdjustmentsParts, finish, keyReused, noteAudit } from "./adjustments.ts";
import { shownInLog } from "./shown-in-log.ts";

/** A decision as it is made. */
export interface Decision {
  readonly adjustmentId: string;
  readonly approve: boolean;
  readonly reason: string;
  readonly idempotencyKey: string;
}

/** What a decision answers. */
export interface DecisionAnswer {
  readonly adjustment: Adjustment;
  readonly replay: boolean;
}

/** How often others may change the adjustment first. */
const attempts = 5;

/**
 * Approves or rejects an adjustment that waits.
 *
 * @throws ServiceError as the contract states for ApproveAdjustment.
 */
export async function decideAdjustment(
  parts: AdjustmentsParts,
  decision: Decision,
  origin: ChangeOrigin,
): Promise<DecisionAnswer> {
  const { adjustmentId, reason } = decision;
  const fingerprint = fingerprintOf([adjustmentId, decision.approve, reason]);
  const present = await parts.store.get(adjustmentId);
  if (present !== undefined && isRepeated(present.record, decision, fingerprint)) {
    const { record } = await finish(parts, present);
    return { adjustment: toAdjustment(record, parts.now()), replay: true };
  }
  const attempt = attemptOf(origin, {
    targetType: "adjustment",
    targetId: adjustmentId,
    accountId: present?.record.accountId ?? "",
    reason,
  });
  const { result, sequence } = await auditChange(
    parts.auditLog,
    attempt,
    async () => finish(parts, await writeDecision(parts, decision, fingerprint, origin)),
    ({ record }) => shownInLog(record),
  );
  const audited = await noteAudit(parts, result, sequence);
  return { adjustment: toAdjustment(audited, parts.now()), replay: false };
}

/**
 * Whether the same was decided before.
 *
 * @throws CommonError IDEMPOTENCY_KEY_REUSED if the key was used for another decision about it.
 */
function isRepeated({ decision: made }: AdjustmentRecord, decision: Decision, fingerprint: string): boolean {
  if (made === undefined) return false;
  if (made.key === decision.idempotencyKey && made.fingerprint !== fingerprint) throw keyReused();
  return made.approved === decision.approve;
}

/** Writes the decision, before anything is booked; gives what is there if the same was decided meanwhile. */
async function writeDecision(
  parts: AdjustmentsParts,
  decision: Decision,
  fingerprint: string,
  origin: ChangeOrigin,
): Promise<StoredAdjustment> {
  const { store, now } = parts;
  const { idempotencyKey: key, approve, reason } = decision;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const present = await store.get(decision.adjustmentId);
    if (present !== undefined && isRepeated(present.record, decision, fingerprint)) return present;
    const { record, version } = requirePending(decision, present, now());
    if (approve && isSameActor(record.requested.actor, origin.actor))
      throw refusal("APPROVAL_BY_SAME_KEY", decision.adjustmentId, "another key must approve it");
    const atMs = now();
    const { actor, action, requestId, address } = origin;
    const decided: AdjustmentRecord = {
      ...record,
      state: approve ? "applying" : "rejected",
      ...(approve ? { applyingSinceMs: atMs } : {}),
      decision: {
        approved: approve,
        key,
        fingerprint,
        note: reason,
        atMs,
        origin: { actor, action, requestId, address },
      },
      auditOwed: true,
    };
    const outcome = await store.put(decided, version, true, { key, fingerprint });
    if (outcome === "key-reused") throw keyReused();
    if (outcome === "written") return { version: version + 1, record: decided };
  }
  throw refusal("ADJUSTMENT_NOT_PENDING", decision.adjustmentId, "others change it at the same time");
}

function requirePending(
  { adjustmentId }: Decision,
  stored: StoredAdjustment | undefined,
  nowMs: number,
): StoredAdjustment {
  if (stored === undefined)
    throw refusal("ADJUSTMENT_NOT_FOUND", adjustmentId, "there is no such adjustment");
  const state = stateOf(stored.record, nowMs);
  if (state === "pending_approval") return stored;
  throw refusal("ADJUSTMENT_NOT_PENDING", adjustmentId, `the adjustment is ${state}`, {
    state: state.toUpperCase(),
  });
}

function refusal(
  reason: "ADJUSTMENT_NOT_FOUND" | "ADJUSTMENT_NOT_PENDING" | "APPROVAL_BY_SAME_KEY",
  adjustmentId: string,
  message: string,
  metadata: Readonly<Record<string, string>> = {},
): AdminError {
  return new AdminError(reason, message, { metadata: { adjustment_id: adjustmentId, ...metadata } });
}
