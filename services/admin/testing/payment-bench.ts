import type { Redis } from "#platform/redis/redis.ts";
import { EventProcessor } from "../domain/payments/event-processor.ts";
import type { Payment } from "../domain/payments/payment.ts";
import { PaymentLocks } from "../domain/payments/payment-locks.ts";
import type { PaymentObserver } from "../domain/payments/payment-observer.ts";
import { PaymentRecords } from "../domain/payments/payment-records.ts";
import { PaymentSettlement } from "../domain/payments/settle-payment.ts";
import type { StripeEventFacts } from "../domain/payments/stripe-facts.ts";
import { StripeEventStore } from "../store/payments/event-store.ts";
import { PaymentStore } from "../store/payments/payment-store.ts";
import { RequestStore } from "../store/payments/request-store.ts";
import { readEvent } from "../stripe/read-objects.ts";
import { createMemoryLedger } from "./memory-ledger.ts";
import { createMemoryProvider, emptyHoldings } from "./memory-provider.ts";

const silentObserver: PaymentObserver = {
  received: () => {},
  rejected: () => {},
  processed: () => {},
  unapplied: () => {},
  differed: () => {},
  failed: () => {},
};

/** The path from a signed event to the balance, with a Billing Core and a Stripe in memory and a real store. */
export function createPaymentBench(redis: Redis) {
  const ledger = createMemoryLedger();
  const holdings = emptyHoldings();
  const provider = createMemoryProvider(holdings);
  const payments = new PaymentStore<Payment>(redis);
  const inbox = new StripeEventStore<StripeEventFacts>(redis);
  const records = new PaymentRecords(payments);
  const settlement = new PaymentSettlement(records, ledger);
  const locks = new PaymentLocks(redis, () => {});
  const parts = {
    records,
    settlement,
    locks,
    provider,
    ledger,
    inbox,
    payments,
    requests: new RequestStore(redis),
  };
  const processor = new EventProcessor(inbox, parts, silentObserver);

  /** What a worker does with one message. */
  const handleOne = async (delivery: Parameters<EventProcessor["handle"]>[0]) => {
    try {
      await processor.handle(delivery);
      await inbox.queue.complete(delivery);
    } catch {
      // Tried again at once, as if the wait were over.
      await inbox.queue.fail(delivery, "failed", 0);
    }
  };
  return {
    ...parts,
    holdings,
    processor,
    /** Takes an event of Stripe's in, as the webhook does. */
    receive: (event: unknown) => processor.receive(readEvent(event), "WEBHOOK"),
    /** Works until nothing is due any more; events that fail for ever would keep it going. */
    async drain(most = 500) {
      for (let handled = 0; handled < most; ) {
        const { deliveries } = await inbox.queue.claim(8, 60_000);
        if (deliveries.length === 0) return;
        handled += deliveries.length;
        await Promise.all(deliveries.map(handleOne));
      }
      throw new Error(`the queue did not become empty within ${most} attempts`);
    },
  };
}

export type PaymentBench = ReturnType<typeof createPaymentBench>;
