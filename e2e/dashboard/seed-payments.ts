import assert from "node:assert/strict";
import { PaymentState } from "#gen/billing/admin/v1/payment_pb.ts";
import { eventually } from "#platform/testing/eventually.ts";
import type { PaymentStack, TopUp } from "../testing/payment-stack.ts";

/** Payments that screens need in their addresses. */
export interface SeededPayments {
  /** Credited and refunded in part. */
  readonly paymentId: string;
  /** Paid for an account that was closed meanwhile. */
  readonly unappliedPaymentId: string;
  /** Under dispute. */
  readonly disputedPaymentId: string;
}

const patientMs = 60_000;

/** Payments in every state, for accounts that the common seed has opened. */
export async function seedPayments(payments: PaymentStack): Promise<SeededPayments> {
  const { checkout, reversals, records } = payments.stripe;
  const begin = (accountId: string, currencyCode: string, amount: string) =>
    payments.beginTopUp(accountId, currencyCode, amount);
  const chargeOf = ({ sessionId }: TopUp) => {
    const { payment_intent: intentId } = checkout.pay(sessionId);
    return records.intents.get(intentId ?? "").latest_charge ?? "";
  };
  const reaches = ({ paymentId }: TopUp, state: PaymentState) =>
    eventually(async () => {
      const { payment } = await payments.clients.admin.getPayment({ paymentId });
      assert.equal(payment?.state, state);
    }, patientMs);

  await payments.clients.core.createAccount({ accountId: "lumen-press", currencyCode: "USD" });
  await begin("acme-robotics", "USD", "45.5");
  const [refunded, disputed, unapplied, slow, expired, missed] = [
    await begin("acme-robotics", "EUR", "120"),
    await begin("northwind-labs", "USD", "500"),
    await begin("lumen-press", "USD", "75"),
    await begin("helios.ai", "USD", "60"),
    await begin("umbra-studio", "USD", "20"),
    await begin("northwind-labs", "USD", "35"),
  ];
  await payments.clients.core.closeAccount({ accountId: "lumen-press", comment: "Moved to another seller" });
  const [refundedCharge, disputedCharge] = [chargeOf(refunded), chargeOf(disputed)];
  checkout.pay(unapplied.sessionId);
  checkout.payLater(slow.sessionId);
  checkout.expire(expired.sessionId);
  await reaches(refunded, PaymentState.CREDITED);
  await reaches(disputed, PaymentState.CREDITED);
  reversals.refund({ charge: refundedCharge, amount: "4250" });
  reversals.openDispute(disputedCharge);
  await reaches(refunded, PaymentState.PARTIALLY_REFUNDED);
  await reaches(disputed, PaymentState.DISPUTED);
  await reaches(unapplied, PaymentState.PAID);
  await reaches(slow, PaymentState.PROCESSING);
  await reaches(expired, PaymentState.EXPIRED);
  await payUnnoticed(payments, missed);
  return {
    paymentId: refunded.paymentId,
    unappliedPaymentId: unapplied.paymentId,
    disputedPaymentId: disputed.paymentId,
  };
}

/** A payment whose events never arrive, once the first comparison with Stripe is over. */
async function payUnnoticed(payments: PaymentStack, { sessionId }: TopUp): Promise<void> {
  await eventually(async () => {
    const { stats } = await payments.clients.admin.getStats({});
    assert.ok(stats?.stripe?.lastReconciledAt);
  }, patientMs);
  payments.delivers = false;
  payments.stripe.checkout.pay(sessionId);
  payments.delivers = true;
}
