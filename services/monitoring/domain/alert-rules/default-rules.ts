import type {
  AlertRuleRecord,
  Comparison,
  MetricQueryRecord,
  Severity,
} from "../../store/alerting/alert-rule-record.ts";
import type { ManagedRequest } from "../alerting/managed-objects.ts";
import type { InhibitionSpec } from "../muting/inhibitions.ts";
import type { AlertRuleSpec } from "./alert-rules.ts";

/** Who makes what ships with the software. */
export const softwareActor = "holdfast";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

interface RuleInWords {
  readonly name: string;
  readonly query: Partial<MetricQueryRecord> & { readonly metric: string };
  readonly divisor?: Partial<MetricQueryRecord> & { readonly metric: string };
  readonly is: readonly [operator: Comparison, threshold: string, resolveThreshold?: string];
  readonly forMs?: number;
  readonly keepFiringForMs?: number;
  readonly noDataPolicy?: AlertRuleRecord["noDataPolicy"];
  readonly severity: Severity;
  readonly summary: string;
  /** The page's name in docs/runbooks/. */
  readonly runbook: string;
}

function query(stated: Partial<MetricQueryRecord> & { readonly metric: string }): MetricQueryRecord {
  return { matchers: [], groupBy: [], ...stated };
}

function metricRule(ruleId: string, words: RuleInWords): ManagedRequest<AlertRuleSpec> {
  const [operator, threshold, resolveThreshold = ""] = words.is;
  const spec: AlertRuleSpec = {
    alertName: words.name,
    condition: {
      kind: "metric",
      query: query(words.query),
      ...(words.divisor === undefined ? {} : { divisor: query(words.divisor) }),
      operator,
      threshold,
      resolveThreshold,
    },
    ...(words.forMs === undefined ? {} : { forMs: words.forMs }),
    ...(words.keepFiringForMs === undefined ? {} : { keepFiringForMs: words.keepFiringForMs }),
    ...(words.noDataPolicy === undefined ? {} : { noDataPolicy: words.noDataPolicy }),
    severity: words.severity,
    labels: {},
    annotations: { runbook: runbookPage(words.runbook), summary: words.summary },
    disabled: false,
    builtIn: true,
  };
  return { id: ruleId, spec, actor: softwareActor };
}

/** The page that says what an alert means, what to check and how to mend it. */
function runbookPage(name: string): string {
  return `docs/runbooks/${name}.md`;
}

const charging = {
  label: "method",
  operator: "matches",
  value: ".*(Charge|ChargeBatch|Reserve|Commit)",
} as const;
const declined = {
  label: "reason",
  operator: "matches",
  value: "INSUFFICIENT_FUNDS|SPENDING_LIMIT_REACHED|ACCOUNT_FROZEN|ACCOUNT_CLOSED",
} as const;
const faulty = {
  label: "code",
  operator: "matches",
  value: "internal|unknown|unavailable|data_loss|deadline_exceeded",
} as const;

/** By rule id. Thresholds are those of deploy/prometheus, where the same figure is there. */
const metricRules: Readonly<Record<string, RuleInWords>> = {
  "service-down": {
    name: "ServiceDown",
    query: { metric: "billing_service_up", function: "last", windowMs: 2 * minuteMs, groupBy: ["service"] },
    is: ["equal", "0"],
    forMs: minuteMs,
    noDataPolicy: "alert",
    severity: "critical",
    summary: "{{ $labels.service }} does not answer",
    runbook: "service-down",
  },
  "call-errors": {
    name: "CallErrorsHigh",
    query: { metric: "billing_rpc_requests_total", matchers: [faulty], groupBy: ["service"] },
    divisor: { metric: "billing_rpc_requests_total", groupBy: ["service"] },
    is: ["greater", "0.05", "0.02"],
    forMs: 5 * minuteMs,
    severity: "critical",
    summary: "A part of {{ $value }} of the calls to {{ $labels.service }} fails",
    runbook: "call-errors",
  },
  "event-loop-lag": {
    name: "EventLoopLagHigh",
    query: { metric: "nodejs_eventloop_lag_p99_seconds", function: "avg", groupBy: ["service"] },
    is: ["greater", "0.25"],
    forMs: 5 * minuteMs,
    severity: "warning",
    summary: "The event loop of {{ $labels.service }} is {{ $value }} s late",
    runbook: "event-loop-lag",
  },
  "declines-high": {
    name: "DeclineRatioHigh",
    query: { metric: "billing_rpc_requests_total", matchers: [charging, declined] },
    divisor: { metric: "billing_rpc_requests_total", matchers: [charging] },
    is: ["greater", "0.2", "0.1"],
    forMs: 10 * minuteMs,
    severity: "warning",
    summary: "A part of {{ $value }} of the charges and reservations is declined",
    runbook: "declines-high",
  },
  "invariant-violated": {
    name: "InvariantViolated",
    query: {
      metric: "billing_invariant_violations_total",
      function: "sum",
      windowMs: hourMs,
      groupBy: ["invariant"],
    },
    is: ["greater", "0"],
    severity: "critical",
    summary: "Verification of the ledger found {{ $value }} faults of {{ $labels.invariant }}",
    runbook: "invariant-violated",
  },
  "uncollected-usage": {
    name: "UsageUncollected",
    query: { metric: "billing_uncollected_total", function: "sum", windowMs: hourMs, groupBy: ["currency"] },
    is: ["greater", "0"],
    severity: "info",
    summary:
      "Usage of {{ $value }} {{ $labels.currency }} went beyond what accounts could pay in the last hour",
    runbook: "uncollected-usage",
  },
  "expiry-late": {
    name: "ExpiryLate",
    query: { metric: "billing_core_expiry_oldest_due_seconds", function: "last", aggregation: "max" },
    is: ["greater", "10"],
    forMs: 2 * minuteMs,
    severity: "warning",
    summary: "A hold or grant is due to expire for {{ $value }} s",
    runbook: "expiry-late",
  },
  "expiry-stuck": {
    name: "ExpiryStuck",
    query: {
      metric: "billing_core_expiry_failures_total",
      function: "sum",
      windowMs: 10 * minuteMs,
      groupBy: ["what"],
    },
    is: ["greater", "0"],
    severity: "critical",
    summary: "{{ $value }} expiries of holds or grants could not be performed ({{ $labels.what }})",
    runbook: "expiry-stuck",
  },
  "rates-stale": {
    name: "RatesStale",
    query: {
      metric: "billing_exchange_rate_age_seconds",
      function: "last",
      groupBy: ["provider"],
      aggregation: "max",
    },
    is: ["greater", String((4.5 * dayMs) / 1_000)],
    forMs: 10 * minuteMs,
    severity: "warning",
    summary: "The newest rates of {{ $labels.provider }} are {{ $value }} s old",
    runbook: "rates-stale",
  },
  "rates-held": {
    name: "RatesHeld",
    query: {
      metric: "billing_exchange_held_rates",
      function: "last",
      groupBy: ["provider"],
      aggregation: "max",
    },
    is: ["greater", "0"],
    forMs: 10 * minuteMs,
    severity: "warning",
    summary: "{{ $value }} rates of {{ $labels.provider }} wait for review",
    runbook: "rates-held",
  },
  "prices-stale": {
    name: "PricesStale",
    query: {
      metric: "billing_pricing_source_age_seconds",
      function: "last",
      groupBy: ["source"],
      aggregation: "max",
    },
    is: ["greater", String((3 * dayMs) / 1_000)],
    forMs: 10 * minuteMs,
    severity: "warning",
    summary: "{{ $labels.source }} was read successfully {{ $value }} s ago",
    runbook: "prices-stale",
  },
  "redis-down": {
    name: "RedisDown",
    query: { metric: "billing_redis_up", function: "last" },
    is: ["equal", "0"],
    severity: "critical",
    summary: "Redis does not answer",
    runbook: "redis-down",
  },
  "redis-memory-high": {
    name: "RedisMemoryHigh",
    query: { metric: "billing_redis_memory_used_ratio", function: "last", groupBy: ["server"] },
    is: ["greater", "0.8", "0.75"],
    forMs: 5 * minuteMs,
    severity: "warning",
    summary: "Redis {{ $labels.server }} uses a part of {{ $value }} of its memory",
    runbook: "redis-memory-high",
  },
  "redis-memory-full": {
    name: "RedisMemoryFull",
    query: { metric: "billing_redis_memory_used_ratio", function: "last", groupBy: ["server"] },
    is: ["greater", "0.95", "0.9"],
    severity: "critical",
    summary: "Redis {{ $labels.server }} uses a part of {{ $value }} of its memory",
    runbook: "redis-memory-full",
  },
  "redis-evicts": {
    name: "RedisEvicts",
    query: { metric: "billing_redis_evicted_keys", function: "last", groupBy: ["server"] },
    is: ["greater", "0"],
    severity: "critical",
    summary: "Redis {{ $labels.server }} has evicted {{ $value }} keys: money may be lost",
    runbook: "redis-evicts",
  },
  "redis-not-durable": {
    name: "RedisNotDurable",
    query: { metric: "billing_redis_append_only", function: "last", groupBy: ["server"] },
    is: ["equal", "0"],
    severity: "critical",
    summary: "Redis {{ $labels.server }} does not write its append-only file",
    runbook: "redis-not-durable",
  },
  "redis-replica-lag": {
    name: "RedisReplicaLag",
    query: { metric: "billing_redis_replica_lag_seconds", function: "last", groupBy: ["server"] },
    is: ["greater", "10"],
    forMs: 2 * minuteMs,
    severity: "warning",
    summary: "The slowest replica of Redis {{ $labels.server }} is {{ $value }} s behind",
    runbook: "redis-replica-lag",
  },
  "outbox-reader-lagged": {
    name: "OutboxReaderLagged",
    query: { metric: "billing_core_outbox_readers_lagged", function: "last", aggregation: "max" },
    is: ["greater", "0"],
    severity: "warning",
    summary: "{{ $value }} readers of the outbox are not waited for any more",
    runbook: "outbox-reader-lagged",
  },
  "intake-behind": {
    name: "IntakeBehind",
    query: { metric: "billing_intake_oldest_event_age_seconds", function: "last", aggregation: "max" },
    is: ["greater", "60", "10"],
    forMs: minuteMs,
    severity: "warning",
    summary: "Monitoring counts events that are {{ $value }} s old",
    runbook: "intake-behind",
  },
  "intake-silent": {
    name: "IntakeSilent",
    query: { metric: "billing_intake_last_success_age_seconds", function: "last", aggregation: "max" },
    is: ["greater", "60"],
    noDataPolicy: "alert",
    forMs: 2 * minuteMs,
    severity: "critical",
    summary: "Monitoring has not read the ledger's events for {{ $value }} s",
    runbook: "intake-behind",
  },
};

const accountRules: readonly ManagedRequest<AlertRuleSpec>[] = [
  {
    id: "low-balance",
    actor: softwareActor,
    spec: {
      alertName: "LowBalance",
      condition: {
        kind: "low_balance",
        // Only accounts that state thresholds of their own.
        defaultLevels: [],
        rearmPercent: "",
      },
      severity: "info",
      labels: {},
      annotations: { summary: "The balance of {{ $labels.account }} has fallen to {{ $value }}" },
      disabled: false,
      builtIn: true,
    },
  },
  {
    id: "spend-spike",
    actor: softwareActor,
    spec: {
      alertName: "SpendSpike",
      condition: { kind: "spend_spike", factor: "", minimumSpends: [] },
      severity: "info",
      labels: {},
      annotations: { summary: "{{ $labels.account }} spends far more than it used to: {{ $value }}" },
      disabled: false,
      builtIn: true,
    },
  },
];

/** The rules that ship with the software: they can be changed and switched off, not deleted. */
export const defaultRules: readonly ManagedRequest<AlertRuleSpec>[] = [
  ...Object.entries(metricRules).map(([ruleId, words]) => metricRule(ruleId, words)),
  ...accountRules,
];

const named = (value: string) => ({ label: "alertname", operator: "equal", value }) as const;

/** Inhibitions that ship with the software. */
export const defaultInhibitions: readonly ManagedRequest<InhibitionSpec>[] = [
  {
    id: "redis-down-mutes-services",
    actor: softwareActor,
    spec: {
      sourceMatchers: [named("RedisDown")],
      targetMatchers: [
        {
          label: "alertname",
          operator: "matches",
          value: "ServiceDown|CallErrorsHigh|IntakeBehind|IntakeSilent",
        },
      ],
      equalLabels: [],
      description: "Without Redis nothing serves; one alert says so.",
      builtIn: true,
    },
  },
  {
    id: "memory-full-mutes-high",
    actor: softwareActor,
    spec: {
      sourceMatchers: [named("RedisMemoryFull")],
      targetMatchers: [named("RedisMemoryHigh")],
      equalLabels: ["server"],
      description: "The worse of two alerts about the same figure.",
      builtIn: true,
    },
  },
];
