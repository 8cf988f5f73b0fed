import type { LabelValues, MetricDefinition } from "../metric-definition.ts";
import type { MetricType } from "../point.ts";

/** The services, as the label `service` names them. */
export const serviceNames = ["core", "pricing", "exchange", "monitoring", "admin"] as const;
export type ServiceName = (typeof serviceNames)[number];

const service = { service: serviceNames } as const;
const rpc = { ...service, method: "name" } as const;

function record(
  type: MetricType,
  source: string,
  name: string,
  unit: string,
  labels: Readonly<Record<string, LabelValues>>,
  description: string,
): MetricDefinition {
  return { name, type, unit, description, labels, perAccount: false, source, origin: "records" };
}

/** What every service shows at /metrics, each with the label `service`. */
const everyService: readonly MetricDefinition[] = [
  record(
    "counter",
    "services",
    "billing_rpc_requests_total",
    "",
    { ...rpc, code: "name", reason: "name" },
    "Calls that ended, by status and error reason.",
  ),
  record(
    "histogram",
    "services",
    "billing_rpc_duration_seconds",
    "seconds",
    rpc,
    "Time from the headers of a call to its answer.",
  ),
  record("gauge", "services", "billing_rpc_in_flight", "", service, "Calls under way."),
  record("counter", "services", "process_cpu_seconds_total", "seconds", service, "CPU time of the process."),
  record("gauge", "services", "process_resident_memory_bytes", "bytes", service, "Memory of the process."),
  record(
    "gauge",
    "services",
    "nodejs_eventloop_lag_p99_seconds",
    "seconds",
    service,
    "How late the event loop is, 99th percentile.",
  ),
];

/** What single services show at /metrics. */
const singleServices: readonly MetricDefinition[] = [
  record(
    "counter",
    "core",
    "billing_core_expiries_total",
    "",
    { ...service, kind: "name" },
    "Expiries of holds and grants that Core performed.",
  ),
  record(
    "histogram",
    "core",
    "billing_core_expiry_lag_seconds",
    "seconds",
    service,
    "How long after its time an expiry was performed.",
  ),
  record(
    "gauge",
    "core",
    "billing_core_expiries_due",
    "",
    service,
    "Expiries that the last round found due.",
  ),
  record(
    "gauge",
    "core",
    "billing_core_expiry_oldest_due_seconds",
    "seconds",
    service,
    "How late the oldest expiry was that the last round found.",
  ),
  record(
    "counter",
    "core",
    "billing_core_expiry_failures_total",
    "",
    { ...service, what: "name" },
    "Expiries that could not be performed (stuck), and rounds that failed.",
  ),
  record(
    "gauge",
    "core",
    "billing_core_outbox_length_max",
    "",
    service,
    "Entries of the longest outbox after the last round of trimming.",
  ),
  record(
    "gauge",
    "core",
    "billing_core_outbox_readers_lagged",
    "",
    service,
    "Readers of the outbox that are not waited for.",
  ),
  record(
    "counter",
    "core",
    "billing_core_outbox_failures_total",
    "",
    service,
    "Rounds of the outbox's trimmer that failed.",
  ),
  record(
    "gauge",
    "exchange",
    "billing_exchange_rate_age_seconds",
    "seconds",
    { ...service, provider: "name" },
    "Age of the newest rates of each enabled provider.",
  ),
  record(
    "gauge",
    "exchange",
    "billing_exchange_held_rates",
    "",
    { ...service, provider: "name" },
    "Rates of each provider that wait for review.",
  ),
  record(
    "counter",
    "exchange",
    "billing_exchange_refreshes_total",
    "",
    { ...service, provider: "name", outcome: "name", reason: "name" },
    "Refreshes of each provider, by what came of them.",
  ),
  record(
    "gauge",
    "pricing",
    "billing_pricing_source_age_seconds",
    "seconds",
    { ...service, source: "name" },
    "Time since each price source with a schedule was read successfully.",
  ),
  record(
    "counter",
    "core",
    "billing_core_unconfirmed_calls_total",
    "",
    service,
    "Calls whose replicas did not confirm in time: their outcome was told to be unknown.",
  ),
  ...adminMetrics(),
];

/** What Admin says of payments and of its audit log. */
function adminMetrics(): MetricDefinition[] {
  const gauge = (name: string, description: string) =>
    record("gauge", "admin", `billing_admin_${name}`, "", service, description);
  return [
    gauge("stripe_events_failed", "Stripe events whose effect failed so far."),
    gauge("stripe_events_waiting", "Stripe events whose effect is to come."),
    gauge("payments_unapplied", "Payments that were paid and not credited."),
    gauge("audit_entries", "Entries of the audit log that are not archived, about 1 KB each."),
    record(
      "counter",
      "admin",
      "billing_admin_payment_differences_total",
      "",
      { ...service, kind: "name", repaired: ["true", "false"] },
      "Differences between Stripe, Admin and Billing Core that the reconciler found.",
    ),
  ];
}

/** What the rounds of asking the services say. */
const askedMetrics: readonly MetricDefinition[] = [
  record(
    "gauge",
    "monitoring",
    "billing_service_up",
    "",
    service,
    "1 if the service's /metrics answered, else 0.",
  ),
];

/** What Core shows at /metrics, and any service may record with RecordMetrics. */
const recordedMetrics: readonly MetricDefinition[] = [
  record(
    "counter",
    "services",
    "billing_invariant_violations_total",
    "",
    { ...service, invariant: "name" },
    "Faults that verification of the ledger found.",
  ),
];

export const serviceMetrics: readonly MetricDefinition[] = [
  ...everyService,
  ...singleServices,
  ...askedMetrics,
  ...recordedMetrics,
];
