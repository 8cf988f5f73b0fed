import { Counter, Gauge } from "@prometheus-io/client";
import type { Logger } from "#platform/observe/log.ts";
import type { Metrics } from "#platform/observe/metrics.ts";
import type { PaymentObserver } from "./domain/payments/payment-observer.ts";

/** What a scrape reads anew. */
export interface PaymentFigures {
  readonly unappliedPayments: () => Promise<number>;
  readonly failedEvents: () => Promise<number>;
  readonly waitingEvents: () => Promise<number>;
}

/** Metrics and log lines of payments, so that an alert can tell that money came in and no balance rose. */
export function observePayments(
  { registry }: Metrics,
  log: Logger,
  figures: PaymentFigures,
): PaymentObserver {
  const counters = createCounters(registry);
  createGauges(registry, figures);
  return {
    received(origin, isNew) {
      counters.received.inc({ origin: origin.toLowerCase(), delivery: isNew ? "first" : "again" });
    },
    rejected() {
      counters.rejected.inc();
    },
    processed(state) {
      counters.processed.inc({ state: state.toLowerCase() });
    },
    unapplied(paymentId, reason) {
      counters.refused.inc({ reason });
      log.error({ payment_id: paymentId, reason }, "a payment was paid and could not be credited");
    },
    differed(kind, isRepaired, facts) {
      counters.differences.inc({ kind: kind.toLowerCase(), repaired: String(isRepaired) });
      log.warn({ kind, repaired: isRepaired, ...facts }, "payments differ from Stripe");
    },
    failed(what, error) {
      log.warn({ err: error, what }, "it will be tried again");
    },
  };
}

function createCounters(registry: Metrics["registry"]) {
  const registers = [registry];
  return {
    received: new Counter({
      name: "billing_admin_stripe_events_received_total",
      help: "Events of Stripe that arrived, by how and whether for the first time",
      labelNames: ["origin", "delivery"] as const,
      registers,
    }),
    rejected: new Counter({
      name: "billing_admin_stripe_webhooks_rejected_total",
      help: "Deliveries that no configured secret signed within the last minutes",
      registers,
    }),
    processed: new Counter({
      name: "billing_admin_stripe_events_processed_total",
      help: "Attempts at the effect of an event, by what came of them",
      labelNames: ["state"] as const,
      registers,
    }),
    refused: new Counter({
      name: "billing_admin_payment_credits_refused_total",
      help: "Attempts to credit a paid payment that Billing Core refused, by its reason",
      labelNames: ["reason"] as const,
      registers,
    }),
    differences: new Counter({
      name: "billing_admin_payment_differences_total",
      help: "Differences between Stripe, Admin and Billing Core that the reconciler found",
      labelNames: ["kind", "repaired"] as const,
      registers,
    }),
  };
}

function createGauges(registry: Metrics["registry"], figures: PaymentFigures): void {
  const gauges: ReadonlyArray<[name: string, help: string, read: () => Promise<number>]> = [
    ["payments_unapplied", "Payments that were paid and not credited", figures.unappliedPayments],
    ["stripe_events_failed", "Events whose effect failed so far", figures.failedEvents],
    ["stripe_events_waiting", "Events whose effect is to come", figures.waitingEvents],
  ];
  for (const [name, help, read] of gauges) {
    new Gauge({
      name: `billing_admin_${name}`,
      help,
      registers: [registry],
      async collect() {
        // A store that does not answer leaves the figure of before, not the whole page empty.
        await read().then(
          (value) => this.set(value),
          () => {},
        );
      },
    });
  }
}
