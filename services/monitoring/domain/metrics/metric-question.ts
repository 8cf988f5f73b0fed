import { compileMatchers, type LabelMatcher, type LabelTest } from "../label-matcher.ts";
import { MonitoringError } from "../monitoring-error.ts";
import type { MetricDefinition } from "./metric-definition.ts";
import type { MetricType } from "./point.ts";
import { finestStepMs } from "./resolution.ts";

/** What is computed from a series over a window. */
export type MetricFunction = "rate" | "sum" | "avg" | "min" | "max" | "quantile" | "last" | "count";

/** How series of one group become one. */
export type MetricAggregation = "sum" | "avg" | "min" | "max";

/** A question to the recorded metrics; what is undefined has the default of the contract's MetricQuery. */
export interface MetricQuestion {
  readonly metric: string;
  readonly matchers: readonly LabelMatcher[];
  readonly function: MetricFunction | undefined;
  /** For `quantile`, 0 to 1. */
  readonly quantile: number | undefined;
  /** 1 minute or more; brought up to whole minutes. */
  readonly windowMs: number | undefined;
  /** Labels that the result keeps. */
  readonly groupBy: readonly string[];
  readonly aggregation: MetricAggregation | undefined;
  readonly maxSeries: number | undefined;
}

/** A question that can be answered, its defaults filled in. */
export interface MetricQuery extends MetricQuestion {
  readonly definition: MetricDefinition;
  readonly function: MetricFunction;
  readonly quantile: number;
  readonly windowMs: number;
  readonly aggregation: MetricAggregation;
  readonly maxSeries: number;
  /** Whether a series is one of those that are asked for. */
  readonly selects: LabelTest;
}

const functionsOf: Readonly<Record<MetricType, readonly MetricFunction[]>> = {
  // The first is the default.
  counter: ["rate", "sum"],
  gauge: ["last", "sum", "avg", "min", "max"],
  histogram: ["quantile", "rate", "sum", "avg", "count"],
};

const aggregationOf: Partial<Readonly<Record<MetricFunction, MetricAggregation>>> = {
  min: "min",
  max: "max",
  avg: "avg",
};

const defaultQuantile = 0.5;
const defaultMaxSeries = 50;

/**
 * Checks a question and fills in its defaults.
 *
 * @param find the definition of a metric by its name.
 * @param defaultWindowMs what an unset window means.
 * @throws MonitoringError METRIC_NOT_FOUND, LABEL_NOT_ALLOWED, FUNCTION_NOT_APPLICABLE, MATCHER_INVALID.
 */
export function planQuestion(
  question: MetricQuestion,
  find: (name: string) => MetricDefinition | undefined,
  defaultWindowMs: number,
): MetricQuery {
  const { metric } = question;
  const definition = find(metric);
  if (definition === undefined) throw metricNotFound(metric);
  const foreign = question.groupBy.find((label) => !Object.hasOwn(definition.labels, label));
  if (foreign !== undefined) {
    throw new MonitoringError("LABEL_NOT_ALLOWED", `${metric} has no label ${foreign}`, {
      metadata: { metric, label: foreign, value: "" },
    });
  }
  const functions = functionsOf[definition.type];
  const chosen = question.function ?? functions[0]!;
  if (!functions.includes(chosen)) {
    throw new MonitoringError(
      "FUNCTION_NOT_APPLICABLE",
      `${metric} is a ${definition.type} and has no ${chosen}; it has ${functions.join(", ")}`,
      { metadata: { metric, type: definition.type, function: chosen } },
    );
  }
  const windowMs = question.windowMs ?? defaultWindowMs;
  return {
    ...question,
    definition,
    function: chosen,
    quantile: question.quantile ?? defaultQuantile,
    windowMs: Math.ceil(windowMs / finestStepMs) * finestStepMs,
    aggregation: question.aggregation ?? aggregationOf[chosen] ?? "sum",
    maxSeries: question.maxSeries || defaultMaxSeries,
    selects: compileMatchers(question.matchers),
  };
}

export function metricNotFound(metric: string): MonitoringError {
  return new MonitoringError("METRIC_NOT_FOUND", `there is no metric ${metric}`, { metadata: { metric } });
}
