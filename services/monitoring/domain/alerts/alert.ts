import type { AlertRuleRecord, Severity } from "../../store/alerting/alert-rule-record.ts";
import type { AlertRecord, AlertState, TransitionRecord } from "../../store/alerts/alert-record.ts";
import { alertLabels } from "../alert-rules/rule-terms.ts";
import { renderAnnotations } from "../alert-rules/template.ts";
import type { Labels } from "../label-matcher.ts";
import { fingerprintOf } from "../label-set.ts";
import type { AlertPhase } from "./alert-state.ts";

/** What an alert is made of, besides its phase. */
export interface AlertFinding {
  readonly ruleId: string;
  readonly rule: AlertRuleRecord;
  /** What the condition found. */
  readonly groupLabels: Labels;
  readonly severity: Severity;
  /** Empty for an alert about the system. */
  readonly accountId: string;
  /** Decimal text; empty without data. */
  readonly value: string;
  /** Texts that the condition adds to those of the rule. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A change of an alert, with the step that tells of it; undefined where only its figure changed. */
export interface AlertChange {
  readonly record: AlertRecord;
  readonly transition: TransitionRecord | undefined;
}

/** The record of an alert that begins or goes on. Labels and texts are as the rule states them now. */
export function recordAlert(
  finding: AlertFinding,
  phase: AlertPhase,
  present: AlertRecord | undefined,
  nowMs: number,
): AlertRecord {
  const { ruleId, rule, groupLabels, severity, accountId, value } = finding;
  const labels = { ...alertLabels(rule, groupLabels, severity) };
  const fingerprint = fingerprintOf(labels);
  return {
    alertId: present?.alertId ?? `${ruleId}.${fingerprint}.${phase.activeAtMs.toString(36)}`,
    fingerprint,
    ruleId,
    alertName: rule.alertName,
    severity,
    labels,
    groupLabels: { ...groupLabels },
    annotations: { ...renderAnnotations(rule.annotations, { value, labels }), ...finding.annotations },
    accountId,
    value,
    ...phase,
    endsQuietly: present?.endsQuietly ?? false,
    silenceIds: present?.silenceIds ?? [],
    inhibitedBy: present?.inhibitedBy ?? [],
    updatedAtMs: nowMs,
  };
}

/** The step from one record to the next; undefined if its state stays, and it is not kept firing since now. */
export function transitionOf(
  before: AlertRecord | undefined,
  after: AlertRecord,
  description: string,
): TransitionRecord | undefined {
  const from: AlertState = before?.state ?? "inactive";
  const isKeptAnew = after.keepFiringSinceMs !== undefined && before?.keepFiringSinceMs === undefined;
  if (from === after.state && !isKeptAnew) return undefined;
  return { atMs: after.updatedAtMs, from, to: after.state, value: after.value, description, actor: "" };
}

/** Whether there is anything in which two records of an alert differ that is worth writing. */
export function differs(before: AlertRecord | undefined, after: AlertRecord): boolean {
  if (before === undefined) return true;
  const face = ({ updatedAtMs: _, ...rest }: AlertRecord) => JSON.stringify(rest);
  return face(before) !== face(after);
}
