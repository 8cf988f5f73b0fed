import { Decimal } from "#money/decimal.ts";
import { invalidField } from "#platform/errors/common-error.ts";
import { ServiceError } from "#platform/errors/service-error.ts";
import type { RequestStore } from "../../store/payments/request-store.ts";
import { AdminError } from "../admin-error.ts";
import { type FulfilParts, fulfil } from "./fulfil.ts";
import { mergeFacts } from "./merge-facts.ts";
import { isOpenDispute, type Payment, type PaymentRefund, stateOf, targetOf } from "./payment.ts";
import { findPaymentCurrency, toMinorUnits } from "./payment-currency.ts";
import type { Amount, LedgerAccount, PaymentLedger } from "./payment-ledger.ts";
import type { RefundOrder } from "./payment-provider.ts";
import { beginRequest } from "./request-memory.ts";
import { reversedTotalOf } from "./reversed-total.ts";
import type { RefundFacts } from "./stripe-facts.ts";

/** A refund as an operator asks for it. */
export interface RefundRequest {
  readonly paymentId: string;
  /** Undefined: all that is left. */
  readonly amount: Amount | undefined;
  readonly reason: string;
  readonly idempotencyKey: string;
  readonly category: RefundOrder["category"];
}

/** A refund with what it does to the balance. */
export interface RefundedPayment {
  /** Empty in a preview. */
  readonly refundId: string;
  readonly refund: PaymentRefund;
  readonly payment: Payment;
  /** What is taken back from the balance for it, in the account's currency. */
  readonly reversalAmount: Amount;
  readonly availableBefore: Amount;
  readonly availableAfter: Amount;
  readonly isApplied: boolean;
  readonly isReplay: boolean;
}

export interface RefundParts extends FulfilParts {
  readonly ledger: PaymentLedger;
  readonly requests: RequestStore;
}

/** What is kept to answer a repeat. */
type RefundAnswer = Pick<
  RefundedPayment,
  "refundId" | "reversalAmount" | "availableBefore" | "availableAfter"
>;

/** Shows what a refund would do; nothing is stored. @throws as `refundPayment`. */
export async function previewRefund(parts: RefundParts, request: RefundRequest): Promise<RefundedPayment> {
  const payment = await requirePayment(parts, request.paymentId);
  const amount = refundableAmount(payment, request.amount);
  const account = await parts.ledger.account(payment.accountId);
  return { ...foresee(account, payment, request, amount), payment };
}

/**
 * Pays a payment back at Stripe, then takes the credit back. Killed in between, a repeat finds the refund that was
 * made; without one, Stripe's event or the reconciler takes the credit back.
 *
 * @throws AdminError PAYMENT_NOT_FOUND, PAYMENT_NOT_REFUNDABLE, REFUND_EXCEEDS_PAYMENT, STRIPE_…; CommonError
 *   IDEMPOTENCY_KEY_REUSED.
 */
export async function refundPayment(parts: RefundParts, request: RefundRequest): Promise<RefundedPayment> {
  const payment = await requirePayment(parts, request.paymentId);
  const { amount: asked, paymentId, category, reason } = request;
  const begun = await beginRequest(parts.requests, {
    method: "RefundPayment",
    accountId: payment.accountId,
    key: request.idempotencyKey,
    content: [paymentId, asked && [asked.currencyCode, `${Decimal.parse(asked.amount)}`], category, reason],
  });
  const earlier = begun.answer && (JSON.parse(begun.answer) as RefundAnswer);
  const known = earlier ? payment.refunds[earlier.refundId] : undefined;
  if (earlier && known) return { ...earlier, refund: known, payment, isApplied: true, isReplay: true };
  try {
    const account = await parts.ledger.account(payment.accountId);
    const facts = await findOrMake(parts, payment, request, begun.name);
    const foreseen = foresee(account, payment, request, Decimal.parse(facts.amount), facts.id);
    const answer: RefundAnswer = {
      refundId: facts.id,
      reversalAmount: foreseen.reversalAmount,
      availableBefore: foreseen.availableBefore,
      availableAfter: foreseen.availableAfter,
    };
    await begun.finish(JSON.stringify(answer));
    const settled = await applyNow(parts, facts);
    return {
      ...foreseen,
      refund: { ...foreseen.refund, status: facts.status },
      payment: settled ?? payment,
      isApplied: settled !== undefined,
      isReplay: earlier !== undefined,
    };
  } catch (error) {
    if (isRefused(error)) await begun.forget();
    throw error;
  }
}

/** The refund that an earlier call of the same request made at Stripe, else a new one. */
async function findOrMake(
  { provider }: RefundParts,
  payment: Payment,
  request: RefundRequest,
  requestKey: string,
): Promise<RefundFacts> {
  const intentId = payment.intentId ?? "";
  const made = intentId === "" ? [] : await provider.listRefundsOf(intentId);
  const found = made.find((refund) => refund.requestKey === requestKey);
  if (found !== undefined) return found;
  const amount = refundableAmount(payment, request.amount);
  const currency = findPaymentCurrency(payment.currency)!;
  const amountMinor = toMinorUnits(currency, amount);
  return provider.createRefund({ intentId, amountMinor, category: request.category, requestKey });
}

/** Takes the credit back now; if that has to wait, Stripe's event does it. */
async function applyNow(parts: RefundParts, facts: RefundFacts): Promise<Payment | undefined> {
  try {
    const fulfilment = await fulfil(parts, facts, { atMs: facts.createdAtMs });
    return fulfilment.kind === "settled" ? fulfilment.settlement.known.payment : undefined;
  } catch {
    return undefined;
  }
}

async function requirePayment({ records }: RefundParts, paymentId: string): Promise<Payment> {
  const known = await records.read(paymentId);
  if (known !== undefined) return known.payment;
  throw new AdminError("PAYMENT_NOT_FOUND", "there is no such payment", {
    metadata: { payment_id: paymentId },
  });
}

/** What is to be refunded, if that much is left and nothing stands against it. */
function refundableAmount(payment: Payment, asked: Amount | undefined): Decimal {
  const { paymentId, currency } = payment;
  const state = stateOf(payment);
  const isDisputed = Object.values(payment.disputes).some(isOpenDispute);
  const left = Decimal.parse(payment.totalAmount ?? "0").subtract(targetOf(payment));
  if (payment.progress !== "paid" || isDisputed || left.isZero())
    throw new AdminError("PAYMENT_NOT_REFUNDABLE", `the payment is ${state.replaceAll("_", " ")}`, {
      metadata: { payment_id: paymentId, state: state.toUpperCase() },
    });
  if (asked === undefined) return left;
  if (asked.currencyCode !== currency)
    throw invalidField("amount.currency_code", `must be ${currency}, the payment's currency`);
  const amount = Decimal.parse(asked.amount);
  if (amount.isNegative() || amount.isZero()) throw invalidField("amount.amount", "must be above 0");
  const { payableDigits } = findPaymentCurrency(currency)!;
  if (!amount.round(payableDigits, "down").equals(amount))
    throw invalidField("amount.amount", `may have ${payableDigits} digits after the point in ${currency}`);
  if (amount.compare(left) > 0)
    throw new AdminError("REFUND_EXCEEDS_PAYMENT", `at most ${left} ${currency} is left to refund`, {
      metadata: { refundable: left.toString(), currency },
    });
  return amount;
}

/** What a refund does to the balance, from how things stand. */
function foresee(
  { available, currencyCode }: LedgerAccount,
  payment: Payment,
  { reason, category }: RefundRequest,
  amount: Decimal,
  refundId = "",
): Omit<RefundedPayment, "payment"> {
  const nowMs = Date.now();
  const facts: RefundFacts = {
    kind: "refund",
    id: refundId,
    currency: payment.currency,
    amount: amount.toString(),
    status: "pending",
    reason: category,
    createdAtMs: nowMs,
  };
  const after = mergeFacts(payment, facts, { atMs: nowMs });
  const taken = Decimal.parse(reversedTotalOf(after)).subtract(Decimal.parse(payment.reversal.total));
  const refund = { ...after.refunds[refundId]!, reason };
  const money = (value: Decimal) => ({ currencyCode, amount: value.toString() });
  return {
    refundId,
    refund,
    reversalAmount: money(taken),
    availableBefore: money(available),
    availableAfter: money(available.subtract(taken)),
    isApplied: false,
    isReplay: false,
  };
}

/** Whether Stripe, or a check before it, refused, so that nothing was done. */
function isRefused(error: unknown): boolean {
  const refusals = ["STRIPE_REFUSED", "PAYMENT_NOT_REFUNDABLE", "REFUND_EXCEEDS_PAYMENT", "REQUEST_INVALID"];
  return error instanceof ServiceError && refusals.includes(error.reason);
}
