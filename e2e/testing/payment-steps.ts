import assert from "node:assert/strict";
import { PaymentState } from "#gen/billing/admin/v1/payment_pb.ts";
import { eventually } from "#platform/testing/eventually.ts";
import type { StripeEvent } from "../stripe/stripe-objects.ts";
import type { PaymentStack, TopUp } from "./payment-stack.ts";

/** How long an effect of an event may take on a busy machine. */
export const patientMs = 60_000;

/** Waits until an account has this available amount. */
export function expectAvailable(payments: PaymentStack, accountId: string, amount: string): Promise<void> {
  return eventually(async () => assert.equal(await payments.availableOf(accountId), amount), patientMs);
}

/** Waits until a payment is credited, which is written down after the balance has it. */
export function expectCredited(payments: PaymentStack, paymentId: string): Promise<void> {
  return eventually(async () => {
    const { payment } = await payments.clients.admin.getPayment({ paymentId });
    assert.equal(payment?.state, PaymentState.CREDITED);
  }, patientMs);
}

/** A top-up that was paid and is in the balance, of a new account or of this one. */
export async function payTopUp(
  payments: PaymentStack,
  currency: string,
  amount: string,
  account?: string,
): Promise<TopUp & { accountId: string }> {
  const accountId = account ?? (await payments.openAccount(currency));
  const topUp = await payments.beginTopUp(accountId, currency, amount);
  payments.stripe.checkout.pay(topUp.sessionId);
  await expectCredited(payments, topUp.paymentId);
  return { ...topUp, accountId };
}

/** Pays on Stripe's side without an event being delivered. */
export function payUnheard(payments: PaymentStack, sessionId: string): void {
  payments.delivers = false;
  try {
    payments.stripe.checkout.pay(sessionId);
  } finally {
    payments.delivers = true;
  }
}

/** Event of a type about an object. */
export function eventOf(payments: PaymentStack, type: string, objectId: string): StripeEvent {
  const found = payments.stripe.records.events
    .newestFirst()
    .find((event) => event.type === type && event.data.object.id === objectId);
  assert.ok(found, `${type} about ${objectId}`);
  return found;
}
