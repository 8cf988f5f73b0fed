import { type Duration, durationMs } from "@bufbuild/protobuf/wkt";
import {
  type AlertRuleSpec,
  ComparisonOperator,
  type LowBalanceCondition,
  type MetricCondition,
  NoDataPolicy,
  type SpendSpikeCondition,
} from "#gen/billing/monitoring/v1/alert_rule_pb.ts";
import { MetricFunction, type MetricQuery } from "#gen/billing/monitoring/v1/metric_pb.ts";
import { formatAmount } from "../../data/exact.ts";
import { durationText } from "../../design/time.tsx";
import { matcherTexts } from "./alert-words.ts";

const comparisons: Readonly<Record<number, string>> = {
  [ComparisonOperator.GREATER]: "is above",
  [ComparisonOperator.GREATER_OR_EQUAL]: "is at least",
  [ComparisonOperator.LESS]: "is below",
  [ComparisonOperator.LESS_OR_EQUAL]: "is at most",
  [ComparisonOperator.EQUAL]: "is",
  [ComparisonOperator.NOT_EQUAL]: "is not",
};

const functions: Readonly<Record<number, string>> = {
  [MetricFunction.RATE]: "growth per second of",
  [MetricFunction.SUM]: "sum of",
  [MetricFunction.AVG]: "mean of",
  [MetricFunction.MIN]: "least",
  [MetricFunction.MAX]: "most",
  [MetricFunction.QUANTILE]: "quantile of",
  [MetricFunction.LAST]: "newest",
  [MetricFunction.COUNT]: "number of",
};

function spanText(span: Duration | undefined, byDefault: string): string {
  return span === undefined || durationMs(span) === 0 ? byDefault : durationText(durationMs(span));
}

function queryText(query: MetricQuery | undefined): string {
  if (query === undefined) return "the figure";
  const of = functions[query.function] ?? "";
  const only = query.matchers.length > 0 ? ` where ${matcherTexts(query.matchers).join(", ")}` : "";
  return `${of} ${query.metric}${only}`.trim();
}

function metricText({ query, divisor, operator, threshold }: MetricCondition): string {
  const figure = divisor ? `${queryText(query)} ÷ ${queryText(divisor)}` : queryText(query);
  const window = spanText(query?.window, "5 min");
  return `The ${figure}, over ${window}, ${comparisons[operator] ?? "?"} ${threshold}.`;
}

function lowBalanceText({ defaultLevels, rearmPercent }: LowBalanceCondition): string {
  const levels = defaultLevels.map(({ name, threshold }) => {
    const line =
      threshold.case === "amount"
        ? `${formatAmount(threshold.value.amount, threshold.value.currencyCode)} ${threshold.value.currencyCode}`
        : `${threshold.value ?? 0} % of the last credit`;
    return `${name} at ${line}`;
  });
  const fallback = levels.length > 0 ? `; without own levels: ${levels.join(", ")}` : "";
  return `The spendable amount of an account falls to one of its levels${fallback}. Armed again ${rearmPercent || "10"} % above the level.`;
}

function spendSpikeText({ window, factor, baseline }: SpendSpikeCondition): string {
  return `An account spends in ${spanText(window, "1 h")} at least ${factor || "3"} times what it usually does, by its last ${spanText(baseline, "7 d")}.`;
}

/** When an alert of the rule is due, in a sentence. */
export function conditionText({ condition }: AlertRuleSpec): string {
  switch (condition.case) {
    case "metric":
      return metricText(condition.value);
    case "lowBalance":
      return lowBalanceText(condition.value);
    case "spendSpike":
      return spendSpikeText(condition.value);
    default:
      return "";
  }
}

const noDataTexts: Readonly<Record<number, string>> = {
  [NoDataPolicy.UNSPECIFIED]: "counts as well",
  [NoDataPolicy.RESOLVE]: "counts as well",
  [NoDataPolicy.KEEP_STATE]: "changes nothing",
  [NoDataPolicy.ALERT]: "counts as trouble",
};

/** The rest of what a rule says, as names and values. */
export function settingsOf(spec: AlertRuleSpec): ReadonlyArray<readonly [string, string]> {
  return [
    ["Must hold for", spanText(spec.for, "no time: fires at once")],
    ["Fires on for", spanText(spec.keepFiringFor, "no longer than it holds")],
    ["Evaluated every", spanText(spec.evaluationInterval, "30 s")],
    ["Without data", noDataTexts[spec.noDataPolicy] ?? ""],
    [
      "Labels",
      Object.entries(spec.labels)
        .map(([name, value]) => `${name}: ${value}`)
        .join(", "),
    ],
  ];
}
