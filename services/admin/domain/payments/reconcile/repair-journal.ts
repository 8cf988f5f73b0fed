import { randomUUID } from "node:crypto";
import { systemActor } from "../../access/actor.ts";
import type { AuditLog } from "../../audit/audit-log.ts";
import type { PaymentObserver } from "../payment-observer.ts";
import type { ReportedDifference } from "./difference.ts";

/** Writes to the audit log what the schedule repaired, and tells of every difference. */
export function repairJournal(auditLog: Pick<AuditLog, "append">, observer: PaymentObserver) {
  return async (difference: ReportedDifference): Promise<void> => {
    const { kind, paymentId, accountId, stripeId, description, isRepaired, repairError } = difference;
    observer.differed(kind, isRepaired, { paymentId, stripeId, description, repairError });
    if (!isRepaired) return;
    const attempt = {
      actor: systemActor,
      action: "payments.reconcile",
      targetType: "payment",
      targetId: paymentId === "" ? stripeId : paymentId,
      accountId,
      reason: `${kind}: ${description}`,
      requestId: randomUUID(),
      address: "",
    };
    await auditLog.append(attempt, { result: "succeeded", errorReason: "" });
  };
}
