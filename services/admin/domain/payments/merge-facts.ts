import { Decimal, maxDecimal } from "#money/decimal.ts";
import { AdminError } from "../admin-error.ts";
import type { EventNote } from "./event-table.ts";
import {
  finalDisputes,
  isLiveRefund,
  type Payment,
  type PaymentDispute,
  type PaymentProgress,
  paymentLimits,
  progressRanks,
} from "./payment.ts";
import type {
  ChargeFacts,
  DisputeFacts,
  IntentFacts,
  RefundFacts,
  SessionFacts,
  StripeFacts,
} from "./stripe-facts.ts";

/** When something was observed at Stripe, and what its event adds. */
export interface Observation {
  readonly atMs: number;
  readonly note?: EventNote;
}

/** The payment of a session that belongs to a top-up and is not known yet. */
export function paymentOfSession(
  session: SessionFacts,
  paymentId: string,
  accountId: string,
  { atMs }: Observation,
): Payment {
  return {
    paymentId,
    accountId,
    currency: session.currency,
    progress: "open",
    creditAmount: session.creditAmount,
    sessionId: session.id,
    livemode: session.livemode,
    refunds: {},
    chargeRefunded: "0",
    disputes: {},
    reversal: { revision: 0, total: "0", appliedRevision: 0, transactionIds: [] },
    createdAtMs: session.createdAtMs,
    updatedAtMs: atMs,
  };
}

/**
 * The payment with what is known of one of its objects. The result is the same in whatever order, and however
 * often, observations are merged: each part has an order of its own, in which the later word wins.
 *
 * @throws AdminError STRIPE_EVENT_FAILED for an amount that is not in the payment's currency, or too many refunds.
 */
export function mergeFacts(payment: Payment, facts: StripeFacts, observation: Observation): Payment {
  if (facts.currency !== payment.currency) {
    // An inquiry at the bank may come in the payer's currency; nothing can be netted with it.
    throw failed(
      payment,
      `the ${facts.kind} ${facts.id} is in ${facts.currency}, not in ${payment.currency}`,
    );
  }
  if (isOfAnotherIntent(payment, facts)) return payment;
  const merged = { ...payment, ...changesOf(payment, facts, observation) };
  return isSame(payment, merged) ? payment : { ...merged, updatedAtMs: observation.atMs };
}

/** An attempt that was declined may have an intent of its own: nothing of it is true of the one that is paid. */
export function isOfAnotherIntent({ intentId }: Payment, facts: StripeFacts): boolean {
  if (facts.kind === "session") return false;
  const named = facts.kind === "intent" ? facts.id : facts.intentId;
  return intentId !== undefined && named !== undefined && named !== intentId;
}

/** Only the session may name another intent, and nothing once it is paid: the credit goes by that name. */
function intentOf(payment: Payment, intentId: string | undefined): Pick<Payment, "intentId"> {
  return intentId === undefined || payment.progress === "paid" ? {} : { intentId };
}

function changesOf(payment: Payment, facts: StripeFacts, observation: Observation): Partial<Payment> {
  switch (facts.kind) {
    case "session":
      return ofSession(payment, facts, observation);
    case "intent":
      return ofIntent(payment, facts, observation);
    case "charge":
      return ofCharge(payment, facts);
    case "refund":
      return ofRefund(payment, facts, observation);
    case "dispute":
      return ofDispute(payment, facts, observation);
  }
}

function ofSession(payment: Payment, facts: SessionFacts, { atMs, note }: Observation): Partial<Payment> {
  const progress = progressOfSession(facts, note);
  const identity = { sessionId: facts.id, ...intentOf(payment, facts.intentId) };
  if (progressRanks[progress] < progressRanks[payment.progress]) return identity;
  const isChosen = progressRanks[progress] >= progressRanks.processing;
  return {
    ...identity,
    progress,
    creditAmount: facts.creditAmount,
    ...(isChosen ? { totalAmount: facts.totalAmount, taxAmount: facts.taxAmount } : {}),
    ...(progress === "paid" && payment.paidAtMs === undefined ? { paidAtMs: atMs } : {}),
  };
}

function progressOfSession(facts: SessionFacts, note: EventNote | undefined): PaymentProgress {
  if (facts.paymentStatus === "paid" || note === "paid") return "paid";
  if (note === "failed") return "failed";
  if (facts.status === "expired") return "expired";
  return facts.status === "complete" ? "processing" : "open";
}

/** Never to paid: only the session says how much that is. */
const progressOfIntent: Readonly<Record<string, PaymentProgress>> = {
  processing: "processing",
  canceled: "canceled",
};

function ofIntent(payment: Payment, facts: IntentFacts, _: Observation): Partial<Payment> {
  const lacksMethod = facts.status === "requires_payment_method" && facts.failureCode !== undefined;
  // A card that is declined leaves the page open; a debit that fails later ends the payment.
  const failedLater = lacksMethod && payment.progress === "processing" ? ("failed" as const) : undefined;
  const progress = failedLater ?? progressOfIntent[facts.status];
  const isLater = progress !== undefined && progressRanks[progress] > progressRanks[payment.progress];
  return {
    ...intentOf(payment, facts.id),
    ...(isLater ? { progress } : {}),
    ...(facts.chargeId === undefined ? {} : { chargeId: facts.chargeId }),
    ...(facts.methodType === undefined ? {} : { methodType: facts.methodType }),
    ...(lacksMethod && payment.progress !== "paid" ? { failureCode: facts.failureCode } : {}),
  };
}

function ofCharge(payment: Payment, facts: ChargeFacts): Partial<Payment> {
  const greatest = maxDecimal(Decimal.parse(payment.chargeRefunded), Decimal.parse(facts.refundedAmount));
  return {
    chargeId: facts.id,
    chargeRefunded: greatest.toString(),
    ...intentOf(payment, facts.intentId),
    ...(facts.methodType === undefined ? {} : { methodType: facts.methodType }),
  };
}

/** Pending, then with the payer; a failure may come after that and is final. */
const refundRanks: Readonly<Record<string, number>> = {
  pending: 1,
  requires_action: 2,
  succeeded: 3,
  failed: 4,
  canceled: 4,
};

function ofRefund(payment: Payment, facts: RefundFacts, { atMs, note }: Observation): Partial<Payment> {
  const known = payment.refunds[facts.id];
  const status = note === "failed" && isLiveRefund(facts) ? "failed" : facts.status;
  if (known !== undefined && (refundRanks[status] ?? 0) <= (refundRanks[known.status] ?? 0)) return {};
  if (known === undefined && Object.keys(payment.refunds).length >= paymentLimits.refunds)
    throw failed(payment, `it has ${paymentLimits.refunds} refunds and takes no more`);
  const refund = {
    amount: facts.amount,
    status,
    reason: facts.reason,
    ...(facts.failureCode === undefined ? {} : { failureCode: facts.failureCode }),
    createdAtMs: facts.createdAtMs,
    updatedAtMs: atMs,
  };
  return { refunds: { ...payment.refunds, [facts.id]: refund } };
}

const disputeRanks: Readonly<Record<string, number>> = {
  warning_needs_response: 1,
  warning_under_review: 2,
  needs_response: 3,
  under_review: 4,
};
const finalRank = 5;

function ofDispute(payment: Payment, facts: DisputeFacts, { atMs, note }: Observation): Partial<Payment> {
  const known = payment.disputes[facts.id];
  if (known === undefined && Object.keys(payment.disputes).length >= paymentLimits.disputes)
    throw failed(payment, `it has ${paymentLimits.disputes} disputes and takes no more`);
  const status =
    known === undefined || disputeRank(facts.status) > disputeRank(known.status)
      ? facts.status
      : known.status;
  const dispute: PaymentDispute = {
    amount: facts.amount,
    status,
    reason: facts.reason,
    withdrawn: (known?.withdrawn ?? false) || note === "withdrawn" || facts.withdrawn === true,
    reinstated: (known?.reinstated ?? false) || note === "reinstated" || facts.withdrawn === false,
    ...(facts.evidenceDueAtMs === undefined ? {} : { evidenceDueAtMs: facts.evidenceDueAtMs }),
    createdAtMs: facts.createdAtMs,
    updatedAtMs: known?.updatedAtMs ?? atMs,
    freeze: known?.freeze ?? "none",
  };
  const isNew = known === undefined || !isSame(known, dispute);
  return {
    disputes: { ...payment.disputes, [facts.id]: isNew ? { ...dispute, updatedAtMs: atMs } : known },
  };
}

function disputeRank(status: string): number {
  return finalDisputes.has(status) ? finalRank : (disputeRanks[status] ?? 0);
}

function failed({ paymentId }: Payment, why: string): AdminError {
  return new AdminError("STRIPE_EVENT_FAILED", `payment ${paymentId}: ${why}`, { metadata: { cause: why } });
}

/** Plain JSON values with the same members, in whatever order. */
function isSame(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names].every((name) =>
    isSame((left as Record<string, unknown>)[name], (right as Record<string, unknown>)[name]),
  );
}
