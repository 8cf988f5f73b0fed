import { hourMs, minuteMs, type RuleInWords } from "./rule-in-words.ts";

/** Rules about the monitor itself, by rule id. */
export const monitorRules: Readonly<Record<string, RuleInWords>> = {
  "outbox-reader-lagged": {
    name: "OutboxReaderLagged",
    query: { metric: "billing_core_outbox_readers_lagged", function: "last", aggregation: "max" },
    is: ["greater", "0"],
    severity: "warning",
    summary: "{{ $value }} readers of the outbox are not waited for any more",
    runbook: "outbox-reader-lagged",
  },
  "notifications-failing": {
    name: "NotificationsFailing",
    query: {
      metric: "billing_notification_attempts_total",
      matchers: [{ label: "outcome", operator: "equal", value: "given_up" }],
      function: "sum",
      windowMs: hourMs,
    },
    is: ["greater", "0"],
    severity: "warning",
    summary: "{{ $value }} notifications were given up in the last hour",
    runbook: "notifications-failing",
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
  "events-set-aside": {
    name: "EventsSetAside",
    query: {
      metric: "billing_intake_set_aside",
      function: "last",
      groupBy: ["outcome"],
      aggregation: "max",
    },
    is: ["greater", "0"],
    severity: "warning",
    summary: "{{ $value }} events of the ledger could not be read ({{ $labels.outcome }})",
    runbook: "events-set-aside",
  },
  "samples-dropped": {
    name: "SamplesDropped",
    query: {
      metric: "billing_metrics_dropped_samples_total",
      function: "sum",
      windowMs: hourMs,
      groupBy: ["metric"],
    },
    is: ["greater", "0"],
    severity: "warning",
    summary: "{{ $value }} samples of {{ $labels.metric }} were refused: it has too many series",
    runbook: "samples-dropped",
  },
};
