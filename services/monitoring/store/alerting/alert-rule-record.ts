import { type Static, Type } from "typebox";
import { authorship, matcherRecord } from "./authorship.ts";

const metricFunction = Type.Enum(["rate", "sum", "avg", "min", "max", "quantile", "last", "count"]);
const metricAggregation = Type.Enum(["sum", "avg", "min", "max"]);

const metricQuery = Type.Object({
  metric: Type.String(),
  matchers: Type.Array(matcherRecord),
  function: Type.Optional(metricFunction),
  quantile: Type.Optional(Type.Number()),
  windowMs: Type.Optional(Type.Number()),
  groupBy: Type.Array(Type.String()),
  aggregation: Type.Optional(metricAggregation),
  maxSeries: Type.Optional(Type.Integer()),
});
/** A question to the metrics, as the operator stated it. */
export type MetricQueryRecord = Static<typeof metricQuery>;

const comparison = Type.Enum(["greater", "greater_or_equal", "less", "less_or_equal", "equal", "not_equal"]);
/** How a figure is compared with a threshold. */
export type Comparison = Static<typeof comparison>;

const severity = Type.Enum(["info", "warning", "critical"]);
export type Severity = Static<typeof severity>;

const money = Type.Object({ currencyCode: Type.String(), amount: Type.String() });

const metricCondition = Type.Object({
  kind: Type.Literal("metric"),
  query: metricQuery,
  divisor: Type.Optional(metricQuery),
  operator: comparison,
  /** Decimal text. */
  threshold: Type.String(),
  /** Empty: the threshold. */
  resolveThreshold: Type.String(),
});
/** A figure compared with a threshold. */
export type MetricCondition = Static<typeof metricCondition>;

const balanceLevel = Type.Object({
  name: Type.String(),
  threshold: Type.Union([money, Type.Object({ percentOfLastCredit: Type.Integer() })]),
  severity: Type.Optional(severity),
});

const lowBalanceCondition = Type.Object({
  kind: Type.Literal("low_balance"),
  defaultLevels: Type.Array(balanceLevel),
  /** Empty: 10. */
  rearmPercent: Type.String(),
});

const spendSpikeCondition = Type.Object({
  kind: Type.Literal("spend_spike"),
  windowMs: Type.Optional(Type.Number()),
  /** Empty: 3. */
  factor: Type.String(),
  baselineMs: Type.Optional(Type.Number()),
  minimumHistoryMs: Type.Optional(Type.Number()),
  minimumSpends: Type.Array(money),
});
export type SpendSpikeCondition = Static<typeof spendSpikeCondition>;

const condition = Type.Union([metricCondition, lowBalanceCondition, spendSpikeCondition]);
/** When an alert is due. */
export type AlertCondition = Static<typeof condition>;

const noDataPolicy = Type.Enum(["resolve", "keep_state", "alert"]);
export type NoDataPolicy = Static<typeof noDataPolicy>;

/** What an operator states about a rule. What is undefined has its default. */
export const alertRuleSpec = {
  alertName: Type.String(),
  condition,
  forMs: Type.Optional(Type.Number()),
  keepFiringForMs: Type.Optional(Type.Number()),
  severity: Type.Optional(severity),
  labels: Type.Record(Type.String(), Type.String()),
  annotations: Type.Record(Type.String(), Type.String()),
  noDataPolicy: Type.Optional(noDataPolicy),
  evaluationIntervalMs: Type.Optional(Type.Number()),
  disabled: Type.Boolean(),
  builtIn: Type.Boolean(),
};

export const alertRuleRecord = Type.Object({ ...alertRuleSpec, ...authorship });
/** An alert rule as it is kept. */
export type AlertRuleRecord = Static<typeof alertRuleRecord>;
