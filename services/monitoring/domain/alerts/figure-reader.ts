import type { MetricCondition, MetricQueryRecord } from "../../store/alerting/alert-rule-record.ts";
import { divideFigures } from "../metrics/figure.ts";
import type { MetricQuery, MetricQuestion } from "../metrics/metric-question.ts";
import type { InstantValue, MetricsReader } from "../metrics/metrics-reader.ts";
import type { Observation } from "./evaluate-rule.ts";

/** Reads the figures that conditions are about. */
export interface FigureReader {
  /**
   * Checks that a condition can be answered, and gives its questions with their defaults.
   *
   * @throws METRIC_NOT_FOUND, LABEL_NOT_ALLOWED, FUNCTION_NOT_APPLICABLE, MATCHER_INVALID.
   */
  plan(condition: MetricCondition): PlannedCondition;
  /** What an evaluation at each of some moments sees; groups without data are left out. @throws RANGE_NOT_RETAINED. */
  observe(condition: MetricCondition, atMs: readonly number[]): Promise<Observation[][]>;
}

/** The questions of a condition. */
export interface PlannedCondition {
  readonly query: MetricQuery;
  readonly divisor: MetricQuery | undefined;
}

/** Reads conditions from the recorded metrics. */
export function createFigureReader(reader: Pick<MetricsReader, "plan" | "evaluate">): FigureReader {
  const plan = ({ query, divisor }: MetricCondition): PlannedCondition => ({
    query: reader.plan(questionOf(query)),
    divisor: divisor === undefined ? undefined : reader.plan(questionOf(divisor)),
  });
  return {
    plan,
    async observe(condition, atMs) {
      const { query, divisor } = plan(condition);
      const [found, divisors] = await Promise.all([
        reader.evaluate(query, atMs),
        divisor === undefined ? undefined : reader.evaluate(divisor, atMs),
      ]);
      return found.map((values, moment) =>
        divisors === undefined
          ? values.map(({ labels, value }) => ({ labels, figure: value }))
          : divide(values, divisors[moment] ?? []),
      );
    },
  };
}

/** Group by group, or each group by the only one there is; where the divisor is 0 or absent there are no data. */
function divide(values: readonly InstantValue[], divisors: readonly InstantValue[]): Observation[] {
  const byLabels = new Map(divisors.map(({ labels, value }) => [keyOf(labels), value]));
  const forAll = byLabels.get(keyOf({}));
  return values.flatMap(({ labels, value }) => {
    const divisor = byLabels.get(keyOf(labels)) ?? forAll;
    const figure = divisor === undefined ? undefined : divideFigures(value, divisor);
    return figure === undefined ? [] : [{ labels, figure }];
  });
}

function keyOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).sort());
}

/** A stated question as the metrics take it. */
export function questionOf(query: MetricQueryRecord): MetricQuestion {
  return {
    metric: query.metric,
    matchers: query.matchers,
    function: query.function,
    quantile: query.quantile,
    windowMs: query.windowMs,
    groupBy: query.groupBy,
    aggregation: query.aggregation,
    maxSeries: query.maxSeries,
  };
}
