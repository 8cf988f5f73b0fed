import { setAsideOutcomes } from "../../../store/intake/set-aside.ts";
import type { LabelValues, MetricDefinition } from "../metric-definition.ts";

function level(
  name: string,
  unit: string,
  labels: Readonly<Record<string, LabelValues>>,
  description: string,
): MetricDefinition {
  const kind = { type: "gauge", perAccount: false, source: "monitoring", origin: "records" } as const;
  return { name, unit, labels, description, ...kind };
}

const server = { server: "name" } as const;

/** What Redis says about itself. */
const redisLevels: readonly MetricDefinition[] = [
  level("billing_redis_up", "", {}, "1 if Redis answered, else 0."),
  level("billing_redis_memory_used_bytes", "bytes", server, "Memory in use, by server."),
  level("billing_redis_memory_limit_bytes", "bytes", server, "Memory limit, by server; 0 means none."),
  level(
    "billing_redis_memory_used_ratio",
    "ratio",
    server,
    "Memory in use ÷ limit, by server; absent without a limit.",
  ),
  level(
    "billing_redis_evicted_keys",
    "",
    server,
    "Keys evicted since the server started; anything but 0 means lost money.",
  ),
  level(
    "billing_redis_append_only",
    "",
    server,
    "1 if the append-only file is on and its last write succeeded, else 0.",
  ),
  level("billing_redis_replicas", "", server, "Connected replicas, by server."),
  level(
    "billing_redis_replica_lag_seconds",
    "seconds",
    server,
    "Lag of the slowest replica; absent without replicas.",
  ),
];

/** How far the intake is, over all instances. */
const intakeLevels: readonly MetricDefinition[] = [
  level("billing_intake_events_behind", "", {}, "Events of the ledger that are written and not yet counted."),
  level(
    "billing_intake_oldest_event_age_seconds",
    "seconds",
    {},
    "Age of the oldest of these; 0 if there is none.",
  ),
  level(
    "billing_intake_last_success_age_seconds",
    "seconds",
    {},
    "Time since the outboxes of every shard were read last without a failure; absent before the first time.",
  ),
  level(
    "billing_intake_lost_buckets",
    "",
    {},
    "Buckets whose outbox was trimmed before it was counted, and whose accounts are being refilled.",
  ),
  level(
    "billing_intake_set_aside",
    "",
    { outcome: setAsideOutcomes },
    "What could not be read and was set aside in the last 24 h: its event came from the journal (refilled) or is in no figure (missing). At most 1,000 for each of 8 shards.",
  ),
];

/** Holds that end soon: their callers have most likely forgotten them. */
export const expiringHolds: MetricDefinition = level(
  "billing_expiring_holds",
  "",
  {},
  "Open holds that end within the next minute; at most 10,000 are counted.",
);

/** Alerts that are on. */
export const alertLevel: MetricDefinition = level(
  "billing_alerts",
  "",
  { state: ["pending", "firing"], severity: ["critical", "warning", "info"] },
  "Alerts of Monitoring's own rules that are pending or firing, muted ones too.",
);

/** Levels that Monitoring finds out by asking, and shows at /metrics: the same from every instance. */
export const foundLevels: readonly MetricDefinition[] = [
  ...redisLevels,
  ...intakeLevels,
  expiringHolds,
  alertLevel,
];
