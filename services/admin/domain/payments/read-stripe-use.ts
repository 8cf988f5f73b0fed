import type { StripeEventStore } from "../../store/payments/event-store.ts";
import type { PaymentStore } from "../../store/payments/payment-store.ts";
import type { ReconciliationStore } from "../../store/payments/reconciliation-store.ts";
import type { StripeUse } from "../stats.ts";
import type { Payment } from "./payment.ts";
import type { StripeEventFacts } from "./stripe-facts.ts";

/** Where the figures stand. */
export interface StripeUseSources {
  readonly payments: PaymentStore<Payment>;
  readonly inbox: StripeEventStore<StripeEventFacts>;
  readonly reconciliations: ReconciliationStore;
}

/** How the connection to Stripe stands, for the statistics. */
export async function readStripeUse(
  { payments, inbox, reconciliations }: StripeUseSources,
  connection: Pick<StripeUse, "configured" | "livemode" | "lastError">,
): Promise<StripeUse> {
  const [newest, pendingEvents, failedEvents, unappliedPayments, last] = await Promise.all([
    inbox.page("all", { limit: 1 }),
    inbox.countWaiting(),
    inbox.countFailed(),
    payments.countUnapplied(),
    reconciliations.read(),
  ]);
  return {
    ...connection,
    lastEventAtMs: newest.entries[0]?.item.receivedAtMs,
    pendingEvents,
    failedEvents,
    unappliedPayments,
    lastReconciledAtMs: last?.untilMs,
    openDifferences: last?.openDifferences ?? 0,
  };
}
