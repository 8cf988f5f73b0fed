import { hourMs, minuteMs, type RuleInWords } from "./rule-in-words.ts";

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

/** Rules about services and money, by rule id. Thresholds are those of deploy/prometheus, where the same figure is there. */
export const serviceRules: Readonly<Record<string, RuleInWords>> = {
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
    summary: "{{ $value | humanizePercentage }} of the calls to {{ $labels.service }} fail",
    runbook: "call-errors",
  },
  "event-loop-lag": {
    name: "EventLoopLagHigh",
    query: { metric: "nodejs_eventloop_lag_p99_seconds", function: "avg", groupBy: ["service"] },
    is: ["greater", "0.25"],
    forMs: 5 * minuteMs,
    severity: "warning",
    summary: "The event loop of {{ $labels.service }} is {{ $value | humanizeDuration }} late",
    runbook: "event-loop-lag",
  },
  "declines-high": {
    name: "DeclineRatioHigh",
    query: { metric: "billing_rpc_requests_total", matchers: [charging, declined] },
    divisor: { metric: "billing_rpc_requests_total", matchers: [charging] },
    is: ["greater", "0.2", "0.1"],
    forMs: 10 * minuteMs,
    severity: "warning",
    summary: "{{ $value | humanizePercentage }} of the charges and reservations are declined",
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
    summary: "Verification of the ledger found faults of {{ $labels.invariant }}: {{ $value }}",
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
    summary: "A hold or grant should have expired {{ $value | humanizeDuration }} ago",
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
    summary: "Expiries that could not be performed ({{ $labels.what }}): {{ $value }}",
    runbook: "expiry-stuck",
  },
};
