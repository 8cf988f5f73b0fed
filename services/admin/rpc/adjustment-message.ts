import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type Adjustment as AdjustmentMessage,
  AdjustmentSchema,
  AdjustmentState,
} from "#gen/billing/admin/v1/adjustment_pb.ts";
import { optional } from "#platform/rpc/optional.ts";
import type * as domain from "../domain/adjustments/adjustment.ts";
import { toActorMessage } from "./actor-message.ts";

const stateNumbers: Readonly<Record<domain.AdjustmentState, AdjustmentState>> = {
  preview: AdjustmentState.PREVIEW,
  pending_approval: AdjustmentState.PENDING_APPROVAL,
  applying: AdjustmentState.APPLYING,
  applied: AdjustmentState.APPLIED,
  rejected: AdjustmentState.REJECTED,
  expired: AdjustmentState.EXPIRED,
  failed: AdjustmentState.FAILED,
};
const stateNames = new Map(
  Object.entries(stateNumbers).map(([name, number]) => [number, name as domain.AdjustmentState]),
);

/** The state that a filter asks for; undefined for any. */
export function toAdjustmentState(state: AdjustmentState): domain.AdjustmentState | undefined {
  return stateNames.get(state);
}

/** An adjustment as the contract has it. */
export function toAdjustmentMessage(adjustment: domain.Adjustment): AdjustmentMessage {
  const { currencyCode } = adjustment;
  const money = (amount: string) => ({ currencyCode, amount });
  return create(AdjustmentSchema, {
    adjustmentId: adjustment.adjustmentId,
    accountId: adjustment.accountId,
    amount: money(adjustment.amount),
    reason: adjustment.reason,
    allowNegative: adjustment.allowNegative,
    state: stateNumbers[adjustment.state],
    requestedBy: toActorMessage(adjustment.requestedBy),
    requestedAt: timestampFromMs(adjustment.requestedAtMs),
    decisionNote: adjustment.decisionNote,
    transactionId: adjustment.transactionId,
    auditSequence: BigInt(adjustment.auditSequence),
    error: adjustment.error,
    ...optional("decidedBy", adjustment.decidedBy, toActorMessage),
    ...optional("decidedAt", adjustment.decidedAtMs, timestampFromMs),
    ...optional("expiresAt", adjustment.expiresAtMs, timestampFromMs),
    ...optional("availableBefore", adjustment.availableBefore, money),
    ...optional("availableAfter", adjustment.availableAfter, money),
  });
}
