import type { PaymentScope, PaymentStore } from "../../store/payments/payment-store.ts";
import { type Payment, type PaymentState, stateOf } from "./payment.ts";
import { type ScanPage, scan } from "./scan.ts";

/** Which payments. */
export interface PaymentFilter {
  readonly accountId: string;
  /** Empty: all. */
  readonly states: ReadonlySet<PaymentState>;
  readonly unappliedOnly: boolean;
  /** Only the payment with this object of Stripe's; empty: all. */
  readonly stripeId: string;
  readonly fromMs: number | undefined;
  readonly untilMs: number | undefined;
}

/** Payments, newest first. */
export async function findPayments(
  store: PaymentStore<Payment>,
  filter: PaymentFilter,
  pageSize: number,
  after: string | undefined,
): Promise<ScanPage<Payment>> {
  const { fromMs = 0, untilMs = Number.MAX_SAFE_INTEGER } = filter;
  const matches = (payment: Payment) =>
    (filter.accountId === "" || payment.accountId === filter.accountId) &&
    (filter.states.size === 0 || filter.states.has(stateOf(payment))) &&
    payment.createdAtMs >= fromMs &&
    payment.createdAtMs < untilMs;
  if (filter.stripeId !== "") {
    const paymentId = await store.findId(filter.stripeId);
    const found = paymentId === undefined ? undefined : await store.read(paymentId);
    const isWanted = found !== undefined && matches(found.payment);
    const isAsked = !filter.unappliedOnly || found?.payment.unappliedReason !== undefined;
    return { items: isWanted && isAsked ? [found.payment] : [], nextAfter: undefined };
  }
  const { untilMs: until } = filter;
  return scan(
    (position, limit) => store.page(scopeOf(filter), { fromMs, untilMs: until, after: position, limit }),
    matches,
    pageSize,
    after,
  );
}

/** The shortest index that has all of them. */
function scopeOf({ accountId, unappliedOnly }: PaymentFilter): PaymentScope {
  if (unappliedOnly) return "unapplied";
  return accountId === "" ? "all" : { accountId };
}
