import { hourMs, minuteMs, type RuleInWords } from "./rule-in-words.ts";

/** Rules about the monitor itself, by rule id. */
export const monitorRules: Readonly<Record<string, RuleInWords>> = {
  "outbox-reader-lagged": {
    name: "OutboxReaderLagged",
    query: { metric: "billing_core_outbox_readers_lagged", function: "last", aggregation: "max" },
    is: ["greater", "0"],
    severity: "warning",
    summary: "Readers of the outbox that are not waited for any more: {{ $value }}",
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
    summary: "Notifications given up in the last hour: {{ $value }}",
    runbook: "notifications-failing",
  },
  "intake-behind": {
    name: "IntakeBehind",
    query: { metric: "billing_intake_oldest_event_age_seconds", function: "last", aggregation: "max" },
    is: ["greater", "60", "10"],
    forMs: minuteMs,
    severity: "warning",
    summary: "Monitoring counts events that are {{ $value | humanizeDuration }} old",
    runbook: "intake-behind",
  },
  "intake-silent": {
    name: "IntakeSilent",
    query: { metric: "billing_intake_last_success_age_seconds", function: "last", aggregation: "max" },
    is: ["greater", "60"],
    noDataPolicy: "alert",
    forMs: 2 * minuteMs,
    severity: "critical",
    summary: "Monitoring has not read the ledger's events for {{ $value | humanizeDuration }}",
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
    summary: "Events of the ledger that could not be read ({{ $labels.outcome }}): {{ $value }}",
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
    summary: "{{ $labels.metric }} has too many series; samples refused in the last hour: {{ $value }}",
    runbook: "samples-dropped",
  },
};
