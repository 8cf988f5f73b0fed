import type {
  AlertRuleRecord,
  Comparison,
  MetricQueryRecord,
  Severity,
} from "../../store/alerting/alert-rule-record.ts";
import type { ManagedRequest } from "../alerting/managed-objects.ts";
import type { AlertRuleSpec } from "./alert-rules.ts";

/** Who makes what ships with the software. */
export const softwareActor = "holdfast";

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** A rule in the words that differ from one to the next. */
export interface RuleInWords {
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

/** The rule that the words mean. */
export function metricRule(ruleId: string, words: RuleInWords): ManagedRequest<AlertRuleSpec> {
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
