import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { RefundCategory } from "#gen/billing/admin/v1/payment_rpc_pb.ts";
import type { Call } from "#platform/rpc/call.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import { optional } from "#platform/rpc/optional.ts";
import type { AdminKeyVerifier } from "../domain/access/admin-key-verifier.ts";
import { type AuditedResult, auditChange } from "../domain/audit/audit-change.ts";
import type { AuditLog } from "../domain/audit/audit-log.ts";
import { attemptOf, type ChangeTarget } from "../domain/audit/change-origin.ts";
import { auditedPayment } from "../domain/payments/audited-payment.ts";
import { beginTopUp, type TopUpParts } from "../domain/payments/begin-top-up.ts";
import type { RefundOrder } from "../domain/payments/payment-provider.ts";
import { previewRefund, type RefundParts, refundPayment } from "../domain/payments/refund-payment.ts";
import { type ReplayParts, replayEvent } from "../domain/payments/replay-event.ts";
import { stripeNotConfigured } from "../domain/payments/stripe-switch.ts";
import { originOf } from "./change-origin.ts";
import { toPaymentMessage, toRefundMessage } from "./payment-message.ts";
import { toEventMessage } from "./stripe-event-message.ts";

/** Where changes are written down, and by whom they are made. */
export interface PaymentAudit {
  readonly auditLog: AuditLog;
  readonly keyVerifier: AdminKeyVerifier;
}

/** What changes payments; it needs Stripe. */
export type PaymentChanging = TopUpParts & RefundParts & ReplayParts;

const defaultCategory = "requested_by_customer";
const categories: Readonly<Partial<Record<RefundCategory, RefundOrder["category"]>>> = {
  [RefundCategory.REQUESTED_BY_CUSTOMER]: "requested_by_customer",
  [RefundCategory.DUPLICATE]: "duplicate",
  [RefundCategory.FRAUDULENT]: "fraudulent",
};

/** The calls that change payments, each written to the audit log; without Stripe they say what is missing. */
export function paymentChangingHandlers(audit: PaymentAudit, changing: PaymentChanging | undefined) {
  const requireStripe = (): PaymentChanging => {
    if (changing === undefined) throw stripeNotConfigured();
    return changing;
  };
  return {
    createCheckoutSession: async ({ $typeName: _, ...request }, call) => {
      const { amount, accountId } = request;
      if (amount === undefined) throw new TypeError("a top-up without an amount passed its constraints");
      const { currencyCode } = amount;
      const topUp = { ...request, amount: { currencyCode, amount: amount.amount } };
      const begun = await audited(
        audit,
        call,
        { targetType: "payment", accountId, reason: "" },
        () => beginTopUp(requireStripe(), topUp),
        ({ payment }) => ({ targetId: payment.paymentId, after: auditedPayment(payment) }),
      );
      return {
        payment: toPaymentMessage(begun.payment),
        checkoutUrl: begun.checkoutUrl,
        expiresAt: timestampFromMs(begun.expiresAtMs),
        idempotentReplay: begun.isReplay,
      };
    },

    refundPayment: async ({ paymentId, amount, reason, idempotencyKey, category, previewOnly }, call) => {
      const money = amount && { currencyCode: amount.currencyCode, amount: amount.amount };
      const asked = { paymentId, amount: money, reason, idempotencyKey };
      const request = { ...asked, category: categories[category] ?? defaultCategory };
      const before = await changing?.records.read(paymentId);
      const refunded = previewOnly
        ? await previewRefund(requireStripe(), request)
        : await audited(
            audit,
            call,
            {
              targetType: "payment",
              targetId: paymentId,
              accountId: before?.payment.accountId ?? "",
              ...(before === undefined ? {} : { before: auditedPayment(before.payment) }),
              reason,
            },
            () => refundPayment(requireStripe(), request),
            ({ payment, refundId, refund }) => ({
              after: { ...auditedPayment(payment), refund: { id: refundId, amount: refund.amount } },
            }),
          );
      return {
        refund: toRefundMessage(refunded.payment.currency, refunded.refundId, refunded.refund),
        payment: toPaymentMessage(refunded.payment),
        reversalAmount: refunded.reversalAmount,
        availableBefore: refunded.availableBefore,
        availableAfter: refunded.availableAfter,
        reversalApplied: refunded.isApplied,
        idempotentReplay: refunded.isReplay,
      };
    },

    replayStripeEvent: async ({ eventId, reason, idempotencyKey }, call) => {
      const { event, isReplay } = await audited(
        audit,
        call,
        { targetType: "stripe_event", targetId: eventId, reason },
        () => replayEvent(requireStripe(), { eventId, reason, idempotencyKey }),
        ({ event: { accountId, state, effect } }) => ({ accountId, after: { state, effect } }),
      );
      const known = event.paymentId === "" ? undefined : await changing?.records.read(event.paymentId);
      return {
        event: toEventMessage(event),
        ...optional("payment", known?.payment, toPaymentMessage),
        idempotentReplay: isReplay,
      };
    },
  } satisfies ServiceHandlers<typeof AdminService>;
}

/** Makes a change of a call's, written to the audit log. */
export async function audited<T>(
  { auditLog, keyVerifier }: PaymentAudit,
  call: Call,
  target: ChangeTarget,
  change: () => Promise<T>,
  describe: (result: T) => AuditedResult,
): Promise<T> {
  const attempt = attemptOf(await originOf(call, keyVerifier), target);
  return (await auditChange(auditLog, attempt, change, describe)).result;
}
