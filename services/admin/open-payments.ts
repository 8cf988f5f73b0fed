import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { serviceTokenSource } from "#platform/access/token.ts";
import { createServiceClient } from "#platform/client/service-client.ts";
import { peerUrl } from "#platform/config/common-settings.ts";
import type { Logger } from "#platform/observe/log.ts";
import type { Metrics } from "#platform/observe/metrics.ts";
import type { PageTokens } from "#platform/paging/page-token.ts";
import { startWorker } from "#platform/queue/queue-worker.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { signingSecret } from "#platform/service/access-settings.ts";
import { type AdminSettings, stripeKeys, topUpRules } from "./config.ts";
import { EventProcessor } from "./domain/payments/event-processor.ts";
import { lookUpTopUp } from "./domain/payments/look-up-top-up.ts";
import type { Payment } from "./domain/payments/payment.ts";
import { PaymentLocks } from "./domain/payments/payment-locks.ts";
import { PaymentRecords } from "./domain/payments/payment-records.ts";
import { PaymentSettlement } from "./domain/payments/settle-payment.ts";
import type { StripeEventFacts } from "./domain/payments/stripe-facts.ts";
import { stripeNotConfigured } from "./domain/payments/stripe-switch.ts";
import type { HttpPlugin } from "./http/http-plugin.ts";
import { returnPage } from "./http/return-page.ts";
import { stripeWebhook } from "./http/stripe-webhook.ts";
import { observePayments } from "./payment-metrics.ts";
import { createPaymentLedger, paymentScopes } from "./peers/core-payments.ts";
import type { PaymentAudit } from "./rpc/payment-changing-handlers.ts";
import { paymentHandlers } from "./rpc/payment-handlers.ts";
import { StripeEventStore } from "./store/payments/event-store.ts";
import { PaymentStore } from "./store/payments/payment-store.ts";
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
  stop(): Promise<void>;
}

const callTimeoutMs = 10_000;
const eventsAtOnce = 4;

/** Opens payments; without a key of Stripe they can be read, and whatever needs Stripe says what is missing. */
export function openPayments(context: PaymentsContext): OpenPayments {
  const { settings, redis, log, metrics } = context;
  const payments = new PaymentStore<Payment>(redis);
  const inbox = new StripeEventStore<StripeEventFacts>(redis);
  const { auditLog, keyVerifier, pageTokens } = context;
  const reading = { payments, inbox, pageTokens, auditLog, keyVerifier };
  const ownerOf = async (paymentId: string) => (await payments.read(paymentId))?.payment.accountId;
  const observer = observePayments(metrics, log, {
    unappliedPayments: () => payments.countUnapplied(),
    failedEvents: () => inbox.countFailed(),
    waitingEvents: async () => {
      const { due, delayed, leased } = await inbox.queue.stats();
      return due + delayed + leased;
    },
  });
  const keys = stripeKeys(settings);
  const rules = topUpRules(settings);
  if (keys === undefined) {
    const off = async () => {
      throw stripeNotConfigured();
    };
    return {
      handlers: paymentHandlers(reading, undefined),
      plugins: [stripeWebhook(off), returnPage(undefined)],
      ownerOf,
      stop: async () => {},
    };
  }

  const { ledger, close } = connectLedger(settings);
  const provider = createStripeProvider({
    secretKey: keys.secretKey,
    ...(settings.STRIPE_API_URL === undefined ? {} : { apiUrl: settings.STRIPE_API_URL }),
  });
  const records = new PaymentRecords(payments);
  const settlement = new PaymentSettlement(records, ledger);
  const locks = new PaymentLocks(redis, (error) => observer.failed("the lease of a payment", error));
  const parts = {
    records,
    settlement,
    locks,
    provider,
    ledger,
    rules,
    inbox,
    requests: new RequestStore(redis),
  };
  const processor = new EventProcessor(inbox, parts, observer);
  const worker = startWorker({
    queue: inbox.queue,
    handle: (delivery) => processor.handle(delivery),
    concurrency: eventsAtOnce,
    // How long to wait before another attempt is the processor's to say.
    backoff: { firstMs: 1, maxMs: 1 },
    onError: (error) => observer.failed("the queue of Stripe's events", error),
  });
  const receive = async (body: Buffer, signature: string | undefined) => {
    let facts: StripeEventFacts;
    try {
      facts = readSignedEvent(body, signature, keys.webhookSecrets);
    } catch (error) {
      observer.rejected();
      throw error;
    }
    await processor.receive(facts, "WEBHOOK");
  };
  return {
    handlers: paymentHandlers(reading, { ...parts, processor }),
    plugins: [
      stripeWebhook(receive),
      returnPage((sessionId) => lookUpTopUp({ ...parts, payments }, sessionId)),
    ],
    ownerOf,
    async stop() {
      await worker.stop(settings.SHUTDOWN_GRACE_MS);
      close();
    },
  };
}

function connectLedger(settings: AdminSettings) {
  const token = serviceTokenSource(signingSecret(settings), "admin", [...paymentScopes]);
  const core = createServiceClient({
    service: BillingCoreService,
    peer: "core",
    baseUrl: peerUrl(settings, "CORE"),
    token,
    timeoutMs: callTimeoutMs,
  });
  const exchange = createServiceClient({
    service: ExchangeRateService,
    peer: "exchange",
    baseUrl: peerUrl(settings, "EXCHANGE"),
    token,
    timeoutMs: callTimeoutMs,
  });
  const close = () => {
    core.close();
    exchange.close();
  };
  return { ledger: createPaymentLedger(core, exchange), close };
}
