import type { AlertRuleRecord, MetricCondition } from "../../store/alerting/alert-rule-record.ts";
import type { AlertRecord } from "../../store/alerts/alert-record.ts";
import { alertLabels, type RuleTerms, termsOf } from "../alert-rules/rule-terms.ts";
import type { Labels } from "../label-matcher.ts";
import { fingerprintOf } from "../label-set.ts";
import { type Figure, formatFigure } from "../metrics/figure.ts";
import { type AlertChange, differs, recordAlert, transitionOf } from "./alert.ts";
import { type AlertPhase, endPhase, nextPhase } from "./alert-state.ts";
import { conditionHolds, describeComparison } from "./comparison.ts";

/** The figure of one group at an evaluation. Groups without data are not among them. */
export interface Observation {
  readonly labels: Labels;
  readonly figure: Figure;
}

/** A rule with a figure as its condition. */
export type MetricRule = AlertRuleRecord & { readonly condition: MetricCondition };

/** What one evaluation needs. */
export interface Evaluation {
  readonly ruleId: string;
  readonly rule: MetricRule;
  readonly observations: readonly Observation[];
  /** Alerts of the rule that are pending or firing. */
  readonly present: readonly AlertRecord[];
  readonly nowMs: number;
}

/** What one group says at an evaluation. */
interface GroupFinding {
  readonly labels: Labels;
  readonly figure: Figure | undefined;
  readonly present: AlertRecord | undefined;
}

/**
 * What an evaluation changes. Alerts whose labels the rule would not give any more end, since a change of the rule
 * made them others.
 */
export function evaluateRule(evaluation: Evaluation): AlertChange[] {
  const { rule, observations, present, nowMs } = evaluation;
  const identityOf = (labels: Labels) => fingerprintOf(alertLabels(rule, labels));
  const current = present.filter((alert) => identityOf(alert.groupLabels) === alert.fingerprint);
  const outdated = present.filter((alert) => !current.includes(alert));
  const byIdentity = new Map(current.map((alert) => [alert.fingerprint, alert]));
  const seen = observations.map(({ labels, figure }): GroupFinding => {
    const identity = identityOf(labels);
    const known = byIdentity.get(identity);
    byIdentity.delete(identity);
    return { labels, figure, present: known };
  });
  const unseen = [...byIdentity.values()].map(
    (alert): GroupFinding => ({ labels: alert.groupLabels, figure: undefined, present: alert }),
  );
  const findings = [...seen, ...unseen];
  if (findings.length === 0) findings.push({ labels: {}, figure: undefined, present: undefined });
  const hasData = observations.length > 0;
  return [
    ...outdated.map((alert) => endAlert(alert, nowMs, "the rule does not find its labels any more")),
    ...findings.flatMap((finding) => judge(evaluation, finding, hasData)),
  ];
}

/** The end of an alert, whatever its condition. */
export function endAlert(alert: AlertRecord, nowMs: number, why: string, quietly = false): AlertChange {
  const { keepFiringSinceMs: _, ...rest } = alert;
  const record = { ...rest, ...endPhase(alert, nowMs), endsQuietly: quietly, updatedAtMs: nowMs };
  return { record, transition: transitionOf(alert, record, why) };
}

function judge({ ruleId, rule, nowMs }: Evaluation, finding: GroupFinding, hasData: boolean): AlertChange[] {
  const { labels, figure, present } = finding;
  const terms = termsOf(rule);
  const holds =
    figure === undefined ? holdsWithoutData(finding, terms, hasData) : holdsWith(rule, figure, present);
  const phase = nextPhase(present === undefined ? undefined : phaseOf(present), holds, terms, nowMs);
  if (phase === undefined) return [];
  const value = figure === undefined ? "" : formatFigure(figure);
  const found = { ruleId, rule, groupLabels: labels, severity: terms.severity, accountId: "", value };
  const record = recordAlert(found, phase, present, nowMs);
  if (!differs(present, record)) return [];
  const why = figure === undefined ? "no data" : describe(rule.condition, figure, holds, phase, present);
  return [{ record, transition: transitionOf(present, record, why) }];
}

function holdsWith(rule: MetricRule, figure: Figure, present: AlertRecord | undefined): boolean {
  const isFiring = present?.state === "firing" && present.keepFiringSinceMs === undefined;
  return conditionHolds(rule.condition, figure, isFiring);
}

function holdsWithoutData(
  { labels, present }: GroupFinding,
  { noDataPolicy }: RuleTerms,
  hasData: boolean,
): boolean {
  switch (noDataPolicy) {
    case "resolve":
      return false;
    case "keep_state":
      return present !== undefined && present.keepFiringSinceMs === undefined;
    case "alert":
      // An alert about the lack of all data ends when there are data again.
      return !hasData || Object.keys(labels).length > 0;
  }
}

function phaseOf({ state, activeAtMs, firedAtMs, keepFiringSinceMs }: AlertRecord): AlertPhase {
  return {
    state,
    activeAtMs,
    ...(firedAtMs === undefined ? {} : { firedAtMs }),
    ...(keepFiringSinceMs === undefined ? {} : { keepFiringSinceMs }),
  };
}

function describe(
  condition: MetricCondition,
  figure: Figure,
  holds: boolean,
  phase: AlertPhase,
  present: AlertRecord | undefined,
): string {
  if (!holds) return `back at ${formatFigure(figure)}`;
  const compared = describeComparison(condition, figure);
  const isFiringNow = phase.state === "firing" && present?.state === "pending";
  return isFiringNow ? `${compared} for ${formatSpan((phase.firedAtMs ?? 0) - phase.activeAtMs)}` : compared;
}

/** A span in the largest unit that it is a whole number of: "5m", "90s". */
function formatSpan(ms: number): string {
  const units: ReadonlyArray<[name: string, ms: number]> = [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["m", 60_000],
  ];
  const [name, unitMs] = units.find(([, each]) => ms >= each && ms % each === 0) ?? ["s", 1_000];
  return `${Math.round(ms / unitMs)}${name}`;
}
