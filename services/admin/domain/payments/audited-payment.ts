import { type Payment, refundedAmount, stateOf, withdrawnAmount } from "./payment.ts";

/** What the audit log says of a payment. */
export function auditedPayment(payment: Payment): Readonly<Record<string, string>> {
  const { currency, credit, reversal } = payment;
  return {
    state: stateOf(payment),
    currency,
    credit_amount: payment.creditAmount,
    ...(payment.totalAmount === undefined ? {} : { total_amount: payment.totalAmount }),
    refunded_amount: refundedAmount(payment).toString(),
    disputed_amount: withdrawnAmount(payment).toString(),
    ...(credit === undefined
      ? {}
      : { credited: `${credit.amount} ${credit.currencyCode}`, reversed: reversal.total }),
  };
}
