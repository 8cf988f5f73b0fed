import { Decimal } from "#money/decimal.ts";
import { CommonError } from "#platform/errors/common-error.ts";
import type { AdjustmentRecord, StoredAdjustment } from "../../store/adjustment-store.ts";
import { auditChange } from "../audit/audit-change.ts";
import type { AuditLog } from "../audit/audit-log.ts";
import { attemptOf, type ChangeOrigin } from "../audit/change-origin.ts";
import {
  type Adjustment,
  type AdjustmentRequest,
  adjustmentIdOf,
  fingerprintOf,
  isOpen,
  toAdjustment,
} from "./adjustment.ts";
import { parseAmount, requireFit } from "./adjustment-ledger.ts";
import { type ApplyParts, applyAdjustment } from "./apply-adjustment.ts";
import type { ApprovalLimits } from "./approval-limits.ts";
import { shownInLog } from "./shown-in-log.ts";

/** What adjustments need. */
export interface AdjustmentsParts extends ApplyParts {
  readonly limits: ApprovalLimits;
  readonly auditLog: AuditLog;
}

/** What a call answers. */
export interface AdjustmentAnswer {
  readonly adjustment: Adjustment;
  /** Whether nothing was done again. */
  readonly replay: boolean;
  /** Whether a second key has, or would have, to approve it. */
  readonly approvalRequired: boolean;
}

/** How long a second key has to decide. */
const pendingMs = 7 * 24 * 60 * 60_000;

/** Asks for corrections. Errors are those that the contract states for AdjustBalance. */
export class Adjustments {
  readonly #parts: AdjustmentsParts;

  constructor(parts: AdjustmentsParts) {
    this.#parts = parts;
  }

  async adjust(asked: AdjustmentRequest, origin: ChangeOrigin): Promise<AdjustmentAnswer> {
    const { store, now } = this.#parts;
    const fingerprint = fingerprintOf([
      asked.accountId,
      asked.currencyCode,
      asked.amount,
      asked.reason,
      asked.allowNegative,
    ]);
    const present = await store.get(adjustmentIdOf(asked));
    if (present !== undefined) return this.#replay(present, fingerprint);

    const record = this.#newRecord(asked, fingerprint, origin);
    const target = { targetType: "account", targetId: asked.accountId, accountId: asked.accountId };
    const attempt = attemptOf(origin, { ...target, reason: asked.reason });
    const { result, sequence } = await auditChange(
      this.#parts.auditLog,
      attempt,
      () => (record.approvalRequired ? this.#request(asked, record) : this.#applyNow(record)),
      ({ record: made }) => shownInLog(made),
    );
    const audited = await noteAudit(this.#parts, result, sequence);
    return {
      adjustment: toAdjustment(audited, now()),
      replay: false,
      approvalRequired: record.approvalRequired,
    };
  }

  /** Shows what a correction would do; nothing is stored. */
  async preview(asked: AdjustmentRequest, { actor }: ChangeOrigin): Promise<AdjustmentAnswer> {
    const account = await this.#parts.ledger.readAccount(asked.accountId);
    requireFit(asked, account);
    const amount = Decimal.parse(asked.amount);
    const { idempotencyKey: _, ...shown } = asked;
    const adjustment: Adjustment = {
      ...shown,
      adjustmentId: "",
      state: "preview",
      requestedBy: actor,
      requestedAtMs: this.#parts.now(),
      decidedBy: undefined,
      decidedAtMs: undefined,
      decisionNote: "",
      expiresAtMs: undefined,
      transactionId: "",
      availableBefore: account.available.toString(),
      availableAfter: account.available.add(amount).toString(),
      auditSequence: 0,
      error: "",
    };
    const approvalRequired = this.#parts.limits.requireApproval(asked.currencyCode, amount);
    return { adjustment, replay: false, approvalRequired };
  }

  #newRecord(asked: AdjustmentRequest, fingerprint: string, origin: ChangeOrigin): AdjustmentRecord {
    const { limits, now } = this.#parts;
    const { actor, action, requestId, address } = origin;
    const { idempotencyKey: _, ...content } = asked;
    const approvalRequired = limits.requireApproval(asked.currencyCode, parseAmount(asked.amount));
    const requestedAtMs = now();
    return {
      ...content,
      adjustmentId: adjustmentIdOf(asked),
      approvalRequired,
      state: approvalRequired ? "pending_approval" : "applying",
      fingerprint,
      requestedAtMs,
      requested: { actor, action, requestId, address },
      ...(approvalRequired ? { expiresAtMs: requestedAtMs + pendingMs } : { applyingSinceMs: requestedAtMs }),
      transactionId: "",
      auditSequence: 0,
      auditOwed: true,
      error: "",
    };
  }

  /** Lets it wait for a second key, if it could be made at all. */
  async #request(asked: AdjustmentRequest, record: AdjustmentRecord): Promise<StoredAdjustment> {
    requireFit(asked, await this.#parts.ledger.readAccount(asked.accountId));
    return this.#create(record);
  }

  /** Written first, so that it is finished by others if this process dies. */
  async #applyNow(record: AdjustmentRecord): Promise<StoredAdjustment> {
    return applyAdjustment(this.#parts, await this.#create(record));
  }

  async #create(record: AdjustmentRecord): Promise<StoredAdjustment> {
    const { store } = this.#parts;
    if ((await store.put(record, 0, true)) === "written") return { version: 1, record };
    const present = await store.get(record.adjustmentId);
    if (present?.record.fingerprint !== record.fingerprint) throw keyReused();
    return present;
  }

  /** The answer to a repeated call; one whose outcome was unknown is finished first. */
  async #replay(present: StoredAdjustment, fingerprint: string): Promise<AdjustmentAnswer> {
    if (present.record.fingerprint !== fingerprint) throw keyReused();
    const { record } = await finish(this.#parts, present);
    return {
      adjustment: toAdjustment(record, this.#parts.now()),
      replay: true,
      approvalRequired: record.approvalRequired,
    };
  }
}

/** An adjustment with its outcome at Billing Core, asking again where it was unknown. */
export async function finish(parts: ApplyParts, stored: StoredAdjustment): Promise<StoredAdjustment> {
  return stored.record.state === "applying" ? applyAdjustment(parts, stored) : stored;
}

/**
 * Notes the number of its newest audit entry. If that fails, or this process dies first, the upkeep enters it
 * again: two entries say the same, none is missing.
 */
export async function noteAudit(
  { store }: ApplyParts,
  { version, record }: StoredAdjustment,
  auditSequence: number,
): Promise<AdjustmentRecord> {
  const audited = { ...record, auditSequence, auditOwed: false };
  await store.put(audited, version, isOpen(audited)).catch(() => {});
  return audited;
}

export function keyReused(): CommonError {
  return new CommonError("IDEMPOTENCY_KEY_REUSED", "the idempotency key was used for another request");
}
