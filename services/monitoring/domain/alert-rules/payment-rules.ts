import { hourMs, minuteMs, type RuleInWords } from "./rule-in-words.ts";

/** Rules about payments, by rule id. Thresholds are those of deploy/prometheus. */
export const paymentRules: Readonly<Record<string, RuleInWords>> = {
  "stripe-events-failed": {
    name: "StripeEventsFailed",
    query: { metric: "billing_admin_stripe_events_failed", function: "last", aggregation: "max" },
    is: ["greater", "0"],
    forMs: 15 * minuteMs,
    severity: "warning",
    summary: "Events of Stripe that could not be applied: {{ $value }}",
    runbook: "stripe-events-failed",
  },
  "payments-unapplied": {
    name: "PaymentsUnapplied",
    query: { metric: "billing_admin_payments_unapplied", function: "last", aggregation: "max" },
    is: ["greater", "0"],
    forMs: 5 * minuteMs,
    severity: "critical",
    summary: "Payments that were paid and not credited: {{ $value }}",
    runbook: "payments-unapplied",
  },
  "payments-differ": {
    name: "PaymentsDiffer",
    query: {
      metric: "billing_admin_payment_differences_total",
      function: "sum",
      windowMs: hourMs,
      groupBy: ["kind", "repaired"],
    },
    is: ["greater", "0"],
    severity: "warning",
    summary:
      "Payments that differ from Stripe by {{ $labels.kind }} (repaired: {{ $labels.repaired }}): {{ $value }}",
    runbook: "payments-differ",
  },
};
