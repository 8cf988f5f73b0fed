import type { AlertRuleRecord, NoDataPolicy, Severity } from "../../store/alerting/alert-rule-record.ts";
import type { Labels } from "../label-matcher.ts";

/** What a rule says, with its defaults. */
export interface RuleTerms {
  readonly forMs: number;
  readonly keepFiringForMs: number;
  readonly severity: Severity;
  readonly noDataPolicy: NoDataPolicy;
  readonly evaluationIntervalMs: number;
}

/** Fills in the defaults of the contract. */
export function termsOf(rule: AlertRuleRecord): RuleTerms {
  return {
    forMs: rule.forMs ?? 0,
    keepFiringForMs: rule.keepFiringForMs ?? 0,
    severity: rule.severity ?? "warning",
    noDataPolicy: rule.noDataPolicy ?? "resolve",
    evaluationIntervalMs: rule.evaluationIntervalMs ?? 30_000,
  };
}

/** Labels that the rule sets itself. */
export const reservedLabels: readonly string[] = ["alertname", "severity", "account", "level"];

/** All labels of an alert: what the condition found, what the rule adds, its name and its severity. */
export function alertLabels(rule: AlertRuleRecord, found: Labels, severity = termsOf(rule).severity): Labels {
  return { ...found, ...rule.labels, alertname: rule.alertName, severity };
}
