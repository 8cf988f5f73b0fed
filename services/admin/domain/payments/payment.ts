import { Decimal, minDecimal } from "#money/decimal.ts";

/** A refund of a payment. */
export interface PaymentRefund {
  readonly amount: string;
  /** Stripe's status. */
  readonly status: string;
  readonly reason: string;
  readonly failureCode?: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** A dispute over a payment. */
export interface PaymentDispute {
  readonly amount: string;
  /** Stripe's status. */
  readonly status: string;
  readonly reason: string;
  /** Whether the money was taken away, and whether it came back. */
  readonly withdrawn: boolean;
  readonly reinstated: boolean;
  readonly evidenceDueAtMs?: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** What Admin did to the account for it; `freezing` from before the call until its answer. */
  readonly freeze: "none" | "freezing" | "frozen" | "lifted";
}

/** How far the payer is. A later word outranks an earlier one, in whatever order events arrive. */
export const progressRanks = {
  open: 0,
  processing: 1,
  failed: 2,
  expired: 3,
  canceled: 3,
  paid: 4,
} as const;
export type PaymentProgress = keyof typeof progressRanks;

/** What was credited for it at Billing Core. */
export interface PaymentCredit {
  readonly transactionId: string;
  /** In the account's currency. */
  readonly amount: string;
  readonly currencyCode: string;
  /** Digits that the ledger keeps for the account. */
  readonly ledgerScale: number;
  readonly atMs: number;
}

/** The last reversal that was decided, and whether Billing Core has it. */
export interface PaymentReversal {
  /** Grows with every decision; 0 before the first. */
  readonly revision: number;
  /** How much of the credit is taken back in all, in the account's currency. */
  readonly total: string;
  readonly appliedRevision: number;
  /** Oldest first. */
  readonly transactionIds: readonly string[];
}

/** A payment as the store keeps it, in JSON. Amounts are in its own currency unless they say otherwise. */
export interface Payment {
  readonly paymentId: string;
  readonly accountId: string;
  readonly currency: string;
  readonly progress: PaymentProgress;
  readonly creditAmount: string;
  readonly totalAmount?: string;
  readonly taxAmount?: string;
  readonly sessionId?: string;
  readonly intentId?: string;
  readonly chargeId?: string;
  readonly livemode: boolean;
  readonly methodType?: string;
  readonly failureCode?: string;
  readonly refunds: Readonly<Record<string, PaymentRefund>>;
  /** The greatest sum of refunds that the charge reported; 0 before it did. */
  readonly chargeRefunded: string;
  readonly disputes: Readonly<Record<string, PaymentDispute>>;
  readonly credit?: PaymentCredit;
  /** Why it is paid and could not be credited: Billing Core's reason. */
  readonly unappliedReason?: string;
  readonly reversal: PaymentReversal;
  /** Of the request that began it here. */
  readonly checkout?: { readonly fingerprint: string; readonly url: string; readonly expiresAtMs: number };
  readonly createdAtMs: number;
  readonly paidAtMs?: number;
  readonly updatedAtMs: number;
  readonly reconciledAtMs?: number;
}

/** Bounds of one payment, so that its record stays small. */
export const paymentLimits = { refunds: 100, disputes: 20, reversalTransactions: 200 } as const;

/** Reference of the credit at Billing Core: the payment intent, which is one for each payment. */
export function creditReferenceOf({ intentId, sessionId }: Payment): string {
  return intentId ?? sessionId ?? "";
}

const refundsGone: ReadonlySet<string> = new Set(["failed", "canceled"]);

/** Whether a refund stands, so that its money is away from the seller or on its way. */
export function isLiveRefund({ status }: Pick<PaymentRefund, "status">): boolean {
  return !refundsGone.has(status);
}

/** Whether a dispute holds the money withdrawn. */
export function isWithdrawn({ withdrawn, reinstated, status }: PaymentDispute): boolean {
  return (withdrawn || status === "lost") && !reinstated && status !== "won";
}

/** Final statuses of a dispute; the others are open. */
export const finalDisputes: ReadonlySet<string> = new Set(["won", "lost", "warning_closed", "prevented"]);

/** Whether a dispute is open; an inquiry (`warning_*`) is none yet. */
export function isOpenDispute({ status }: Pick<PaymentDispute, "status">): boolean {
  return !finalDisputes.has(status) && !status.startsWith("warning_");
}

/**
 * What refunds that stand take back, of the total. The charge counts refunds whose own events have not arrived;
 * those that failed since are in its sum too, so they are taken from it.
 */
export function refundedAmount({ refunds, chargeRefunded, totalAmount }: Payment): Decimal {
  const all = Object.values(refunds);
  const sum = (list: readonly PaymentRefund[]) =>
    list.reduce((total, { amount }) => total.add(Decimal.parse(amount)), Decimal.zero);
  const unnamed = Decimal.parse(chargeRefunded).subtract(sum(all));
  const live = sum(all.filter(isLiveRefund)).add(unnamed.isNegative() ? Decimal.zero : unnamed);
  return totalAmount === undefined ? live : minDecimal(live, Decimal.parse(totalAmount));
}

/** What disputes hold withdrawn, of the total. */
export function withdrawnAmount({ disputes, totalAmount }: Payment): Decimal {
  const sum = Object.values(disputes)
    .filter(isWithdrawn)
    .reduce((total, { amount }) => total.add(Decimal.parse(amount)), Decimal.zero);
  return totalAmount === undefined ? sum : minDecimal(sum, Decimal.parse(totalAmount));
}

/** How much of what was paid has to be taken back: min(paid, live refunds + withdrawn disputes). */
export function targetOf(payment: Payment): Decimal {
  const taken = refundedAmount(payment).add(withdrawnAmount(payment));
  return payment.totalAmount === undefined ? taken : minDecimal(taken, Decimal.parse(payment.totalAmount));
}

/** Whether it was paid and could not be credited, and was not paid back either. */
export function isUnapplied(payment: Payment): boolean {
  return (
    payment.progress === "paid" &&
    payment.credit === undefined &&
    payment.unappliedReason !== undefined &&
    !isWhollyTakenBack(payment)
  );
}

/** Whether all that was paid has gone back. */
export function isWhollyTakenBack(payment: Payment): boolean {
  return (
    payment.totalAmount !== undefined && targetOf(payment).compare(Decimal.parse(payment.totalAmount)) >= 0
  );
}

/** Where a payment stands, for people. */
export type PaymentState =
  | Exclude<PaymentProgress, "paid">
  | "paid"
  | "credited"
  | "partially_refunded"
  | "refunded"
  | "disputed"
  | "charged_back";

/** The state that follows from all that is known of it. */
export function stateOf(payment: Payment): PaymentState {
  if (payment.progress !== "paid") return payment.progress;
  const disputes = Object.values(payment.disputes);
  if (disputes.some(isOpenDispute)) return "disputed";
  if (disputes.some(({ status }) => status === "lost")) return "charged_back";
  const refunded = refundedAmount(payment);
  if (payment.totalAmount !== undefined && refunded.compare(Decimal.parse(payment.totalAmount)) >= 0)
    return "refunded";
  if (payment.credit === undefined) return "paid";
  return refunded.isZero() ? "credited" : "partially_refunded";
}
