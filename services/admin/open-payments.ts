import type { Logger } from "#platform/observe/log.ts";
import type { Metrics } from "#platform/observe/metrics.ts";
import type { PageTokens } from "#platform/paging/page-token.ts";
import { startWorker } from "#platform/queue/queue-worker.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { type AdminSettings, type StripeKeys, stripeKeys, topUpRules } from "./config.ts";
import { EventProcessor } from "./domain/payments/event-processor.ts";
import { lookUpTopUp } from "./domain/payments/look-up-top-up.ts";
import type { Payment } from "./domain/payments/payment.ts";
import { PaymentLocks } from "./domain/payments/payment-locks.ts";
import type { PaymentObserver } from "./domain/payments/payment-observer.ts";
import { PaymentRecords } from "./domain/payments/payment-records.ts";
import { readStripeUse } from "./domain/payments/read-stripe-use.ts";
import { startReconcileSchedule } from "./domain/payments/reconcile/reconcile-schedule.ts";
import { repairJournal } from "./domain/payments/reconcile/repair-journal.ts";
import { PaymentSettlement } from "./domain/payments/settle-payment.ts";
import type { StripeEventFacts } from "./domain/payments/stripe-facts.ts";
import { stripeNotConfigured } from "./domain/payments/stripe-switch.ts";
import type { StripeUse } from "./domain/stats.ts";
import type { HttpPlugin } from "./http/http-plugin.ts";
import { returnPage } from "./http/return-page.ts";
import { stripeWebhook } from "./http/stripe-webhook.ts";
import { observePayments } from "./payment-metrics.ts";
import { connectPaymentLedger } from "./peers/connect-payment-ledger.ts";
import type { PaymentAudit } from "./rpc/payment-changing-handlers.ts";
import { paymentHandlers } from "./rpc/payment-handlers.ts";
import { StripeEventStore } from "./store/payments/event-store.ts";
import { PaymentStore } from "./store/payments/payment-store.ts";
import { ReconciliationStore } from "./store/payments/reconciliation-store.ts";
import { RequestStore } from "./store/payments/request-store.ts";
import { createStripeProvider } from "./stripe/stripe-provider.ts";
import { readSignedEvent } from "./stripe/webhook-signature.ts";

export interface PaymentsContext extends PaymentAudit {
  readonly settings: AdminSettings;
  readonly redis: Redis;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly pageTokens: PageTokens;
}

/** The part of Admin that turns card payments into balance. */
export interface OpenPayments {
  readonly handlers: ReturnType<typeof paymentHandlers>;
  readonly plugins: readonly HttpPlugin[];
  /** The account of a payment. */
  readonly ownerOf: (paymentId: string) => Promise<string | undefined>;
  /** How the connection to Stripe stands. */
  readonly readUse: () => Promise<StripeUse>;
  stop(): Promise<void>;
}

const eventsAtOnce = 4;

/** What payments are kept in, with Stripe or without. */
function openStores(redis: Redis) {
  return {
    payments: new PaymentStore<Payment>(redis),
    inbox: new StripeEventStore<StripeEventFacts>(redis),
    requests: new RequestStore(redis),
    reconciliations: new ReconciliationStore(redis),
  };
}

type Stores = ReturnType<typeof openStores>;

/** Opens payments; without a key of Stripe they can be read, and whatever needs Stripe says what is missing. */
export function openPayments(context: PaymentsContext): OpenPayments {
  const { settings, redis, log, metrics } = context;
  const stores = openStores(redis);
  const ownerOf = async (paymentId: string) => (await stores.payments.read(paymentId))?.payment.accountId;
  const observer = observePayments(metrics, log, {
    unappliedPayments: () => stores.payments.countUnapplied(),
    failedEvents: () => stores.inbox.countFailed(),
    waitingEvents: () => stores.inbox.countWaiting(),
  });
  const keys = stripeKeys(settings);
  // Read also without Stripe, so that a fault in them is found at start.
  const rules = topUpRules(settings);
  if (keys !== undefined) return { ownerOf, ...openWithStripe(context, stores, observer, keys, rules) };
  const off = async () => {
    throw stripeNotConfigured();
  };
  return {
    ownerOf,
    handlers: paymentHandlers({ ...context, ...stores }, undefined),
    plugins: [stripeWebhook(off), returnPage(undefined)],
    readUse: () => readStripeUse(stores, { configured: false, livemode: false, lastError: "" }),
    stop: async () => {},
  };
}

function openWithStripe(
  context: PaymentsContext,
  stores: Stores,
  observer: PaymentObserver,
  keys: StripeKeys,
  rules: ReturnType<typeof topUpRules>,
): Omit<OpenPayments, "ownerOf"> {
  const { settings, redis } = context;
  let lastError = "";
  const provider = createStripeProvider({
    secretKey: keys.secretKey,
    ...(settings.STRIPE_API_URL === undefined ? {} : { apiUrl: settings.STRIPE_API_URL }),
    onCall: (fault) => {
      lastError = fault;
    },
  });
  const { ledger, close } = connectPaymentLedger(settings);
  const records = new PaymentRecords(stores.payments);
  const settlement = new PaymentSettlement(records, ledger);
  const locks = new PaymentLocks(redis, (error) => observer.failed("the lease of a payment", error));
  const parts = { ...stores, records, settlement, locks, provider, ledger, rules };
  const processor = new EventProcessor(stores.inbox, parts, observer);
  const sources = { ...parts, processor };
  const worker = startWorker({
    queue: stores.inbox.queue,
    handle: (delivery) => processor.handle(delivery),
    concurrency: eventsAtOnce,
    onError: (error) => observer.failed("the queue of Stripe's events", error),
  });
  const schedule = startReconcileSchedule({
    redis,
    parts: sources,
    reconciliations: stores.reconciliations,
    everyMs: settings.STRIPE_RECONCILE_SECONDS * 1_000,
    onDifference: repairJournal(context.auditLog, observer),
    onError: (error) => observer.failed("reconciling payments", error),
  });
  const receive = receiverOf(processor, keys.webhookSecrets, observer);
  return {
    handlers: paymentHandlers({ ...context, ...stores }, { ...sources, sources }),
    plugins: [stripeWebhook(receive), returnPage((sessionId) => lookUpTopUp(parts, sessionId))],
    readUse: () => readStripeUse(stores, { configured: true, livemode: provider.livemode, lastError }),
    async stop() {
      await Promise.all([schedule.stop(), worker.stop(settings.SHUTDOWN_GRACE_MS)]);
      close();
    },
  };
}

/** Takes signed events in; what is signed otherwise is counted. */
function receiverOf(processor: EventProcessor, secrets: readonly string[], observer: PaymentObserver) {
  return async (body: Buffer, signature: string | undefined): Promise<void> => {
    let facts: StripeEventFacts;
    try {
      facts = readSignedEvent(body, signature, secrets);
    } catch (error) {
      observer.rejected();
      throw error;
    }
    await processor.receive(facts, "WEBHOOK");
  };
}
