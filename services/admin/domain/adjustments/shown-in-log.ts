import type { AdjustmentRecord } from "../../store/adjustment-store.ts";
import type { AuditedResult } from "../audit/audit-change.ts";

/** What the audit log shows of an adjustment. */
export function shownInLog(record: AdjustmentRecord): AuditedResult {
  const { availableBefore, availableAfter, decision, expiresAtMs } = record;
  return {
    accountId: record.accountId,
    ...(availableBefore === undefined ? {} : { before: { available: availableBefore } }),
    after: {
      adjustment_id: record.adjustmentId,
      currency_code: record.currencyCode,
      amount: record.amount,
      allow_negative: record.allowNegative,
      state: record.state,
      available: availableAfter,
      transaction_id: record.transactionId === "" ? undefined : record.transactionId,
      requested_by: decision === undefined ? undefined : record.requested.actor.subject,
      expires_at:
        record.state === "pending_approval" && expiresAtMs !== undefined
          ? new Date(expiresAtMs).toISOString()
          : undefined,
    },
  };
}
