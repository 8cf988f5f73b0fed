import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type PaymentDispute as DisputeMessage,
  PaymentDisputeSchema,
  type Payment as PaymentMessage,
  PaymentRefundSchema,
  PaymentSchema,
  PaymentState as PaymentStateMessage,
  type PaymentRefund as RefundMessage,
  RefundState,
} from "#gen/billing/admin/v1/payment_pb.ts";
import { optional } from "#platform/rpc/optional.ts";
import {
  creditReferenceOf,
  isWithdrawn,
  type Payment,
  type PaymentDispute,
  type PaymentRefund,
  type PaymentState,
  refundedAmount,
  stateOf,
  withdrawnAmount,
} from "../domain/payments/payment.ts";

export const paymentStates: Readonly<Record<PaymentState, PaymentStateMessage>> = {
  open: PaymentStateMessage.OPEN,
  processing: PaymentStateMessage.PROCESSING,
  paid: PaymentStateMessage.PAID,
  credited: PaymentStateMessage.CREDITED,
  partially_refunded: PaymentStateMessage.PARTIALLY_REFUNDED,
  refunded: PaymentStateMessage.REFUNDED,
  disputed: PaymentStateMessage.DISPUTED,
  charged_back: PaymentStateMessage.CHARGED_BACK,
  failed: PaymentStateMessage.FAILED,
  expired: PaymentStateMessage.EXPIRED,
  canceled: PaymentStateMessage.CANCELED,
};

/** A payment as the contract has it. */
export function toPaymentMessage(payment: Payment): PaymentMessage {
  const { currency: currencyCode, credit, reversal } = payment;
  const money = (amount: string) => ({ currencyCode, amount });
  return create(PaymentSchema, {
    paymentId: payment.paymentId,
    accountId: payment.accountId,
    state: paymentStates[stateOf(payment)],
    creditAmount: money(payment.creditAmount),
    ...optional("totalAmount", payment.totalAmount, money),
    ...optional("taxAmount", payment.taxAmount, money),
    refundedAmount: money(refundedAmount(payment).toString()),
    disputedAmount: money(withdrawnAmount(payment).toString()),
    ...(credit === undefined
      ? {}
      : {
          creditedAmount: { currencyCode: credit.currencyCode, amount: credit.amount },
          reversedAmount: { currencyCode: credit.currencyCode, amount: reversal.total },
        }),
    reversalRevision: BigInt(reversal.revision),
    creditTransactionId: credit?.transactionId ?? "",
    reversalTransactionIds: [...reversal.transactionIds],
    unappliedReason: payment.unappliedReason ?? "",
    checkoutSessionId: payment.sessionId ?? "",
    paymentIntentId: payment.intentId ?? "",
    chargeId: payment.chargeId ?? "",
    livemode: payment.livemode,
    paymentMethodType: payment.methodType ?? "",
    failureCode: payment.failureCode ?? "",
    createdAt: timestampFromMs(payment.createdAtMs),
    ...optional("paidAt", payment.paidAtMs, timestampFromMs),
    ...optional("creditedAt", credit?.atMs, timestampFromMs),
    updatedAt: timestampFromMs(payment.updatedAtMs),
    ...optional("reconciledAt", payment.reconciledAtMs, timestampFromMs),
    creditReference: creditReferenceOf(payment),
  });
}

const refundStates: Readonly<Record<string, RefundState>> = {
  pending: RefundState.PENDING,
  requires_action: RefundState.REQUIRES_ACTION,
  succeeded: RefundState.SUCCEEDED,
  failed: RefundState.FAILED,
  canceled: RefundState.CANCELED,
};

/** A refund of a payment; the id is empty in a preview. */
export function toRefundMessage(
  currencyCode: string,
  refundId: string,
  refund: PaymentRefund,
): RefundMessage {
  return create(PaymentRefundSchema, {
    refundId,
    amount: { currencyCode, amount: refund.amount },
    state: refundStates[refund.status] ?? RefundState.PENDING,
    reason: refund.reason,
    createdAt: timestampFromMs(refund.createdAtMs),
    updatedAt: timestampFromMs(refund.updatedAtMs),
    failureCode: refund.failureCode ?? "",
  });
}

/** The refunds of a payment, oldest first. */
export function toRefundMessages({ currency, refunds }: Payment): RefundMessage[] {
  return Object.entries(refunds)
    .sort(([, left], [, right]) => left.createdAtMs - right.createdAtMs)
    .map(([refundId, refund]) => toRefundMessage(currency, refundId, refund));
}

/** The disputes over a payment, oldest first. */
export function toDisputeMessages({ currency, disputes }: Payment): DisputeMessage[] {
  return Object.entries(disputes)
    .sort(([, left], [, right]) => left.createdAtMs - right.createdAtMs)
    .map(([disputeId, dispute]) => toDisputeMessage(currency, disputeId, dispute));
}

function toDisputeMessage(currencyCode: string, disputeId: string, dispute: PaymentDispute): DisputeMessage {
  return create(PaymentDisputeSchema, {
    disputeId,
    amount: { currencyCode, amount: dispute.amount },
    status: dispute.status,
    reason: dispute.reason,
    fundsWithdrawn: isWithdrawn(dispute),
    ...optional("evidenceDueAt", dispute.evidenceDueAtMs, timestampFromMs),
    createdAt: timestampFromMs(dispute.createdAtMs),
    updatedAt: timestampFromMs(dispute.updatedAtMs),
  });
}
