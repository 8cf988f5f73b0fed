import { type Static, Type } from "typebox";
import { timeMs } from "../alerting/authorship.ts";

const state = Type.Enum(["inactive", "pending", "firing", "resolved"]);
/** Where an alert stands; `inactive` is one that ended while it was pending. */
export type AlertState = Static<typeof state>;

const severity = Type.Enum(["info", "warning", "critical"]);

export const alertRecord = Type.Object({
  alertId: Type.String(),
  fingerprint: Type.String(),
  ruleId: Type.String(),
  alertName: Type.String(),
  state,
  severity,
  /** All labels, with `alertname` and `severity`. */
  labels: Type.Record(Type.String(), Type.String()),
  /** Those of them that the condition found. */
  groupLabels: Type.Record(Type.String(), Type.String()),
  annotations: Type.Record(Type.String(), Type.String()),
  /** Empty for an alert about the system. */
  accountId: Type.String(),
  /** Decimal text; empty without data. */
  value: Type.String(),
  activeAtMs: timeMs,
  firedAtMs: Type.Optional(timeMs),
  /** When it ended, also without ever firing. */
  endedAtMs: Type.Optional(timeMs),
  keepFiringSinceMs: Type.Optional(timeMs),
  /** Its end is told to nobody: its rule was deleted. */
  endsQuietly: Type.Boolean(),
  silenceIds: Type.Array(Type.String()),
  inhibitedBy: Type.Array(Type.String()),
  updatedAtMs: timeMs,
});
/** An alert, from the moment its condition began to hold until it was over; written by the evaluator alone. */
export type AlertRecord = Static<typeof alertRecord>;

export const acknowledgementRecord = Type.Object({
  by: Type.String(),
  atMs: timeMs,
  note: Type.String(),
});
/** That somebody has taken an alert. */
export type AcknowledgementRecord = Static<typeof acknowledgementRecord>;

export const transitionRecord = Type.Object({
  atMs: timeMs,
  from: state,
  to: state,
  value: Type.String(),
  /** What happened, in words. */
  description: Type.String(),
  /** Who did it; empty for the evaluator. */
  actor: Type.String(),
});
/** One step in the life of an alert. */
export type TransitionRecord = Static<typeof transitionRecord>;

export const ruleStatusRecord = Type.Object({
  health: Type.Enum(["ok", "no_data", "failed"]),
  /** Why the last evaluation failed; empty if it did not. */
  lastError: Type.String(),
  /** The last one without a failure. */
  lastEvaluatedAtMs: Type.Optional(timeMs),
  pendingCount: Type.Integer(),
  firingCount: Type.Integer(),
});
/** How the evaluation of a rule goes. */
export type RuleStatusRecord = Static<typeof ruleStatusRecord>;

export const roundRecord = Type.Object({
  lastSuccessAtMs: Type.Optional(timeMs),
  lastDurationMs: Type.Number(),
  failedRuleCount: Type.Integer(),
  evaluator: Type.String(),
});
/** How the last round of evaluation went. */
export type RoundRecord = Static<typeof roundRecord>;
