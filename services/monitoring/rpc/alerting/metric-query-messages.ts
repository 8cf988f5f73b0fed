import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, durationMs } from "@bufbuild/protobuf/wkt";
import {
  MetricAggregation,
  MetricFunction,
  type MetricQuery,
  type MetricQuerySchema,
} from "#gen/billing/monitoring/v1/metric_pb.ts";
import { optional } from "#platform/rpc/optional.ts";
import type { MetricQueryRecord } from "../../store/alerting/alert-rule-record.ts";
import { keyOf } from "./alert-messages.ts";
import { matcherMessages, readMatchers } from "./matcher-messages.ts";

const functionNumbers = {
  rate: MetricFunction.RATE,
  sum: MetricFunction.SUM,
  avg: MetricFunction.AVG,
  min: MetricFunction.MIN,
  max: MetricFunction.MAX,
  quantile: MetricFunction.QUANTILE,
  last: MetricFunction.LAST,
  count: MetricFunction.COUNT,
} as const;

const aggregationNumbers = {
  sum: MetricAggregation.SUM,
  avg: MetricAggregation.AVG,
  min: MetricAggregation.MIN,
  max: MetricAggregation.MAX,
} as const;

/** A question as it is kept with a rule. */
export function readMetricQuery(query: MetricQuery): MetricQueryRecord {
  const same = <T>(value: T) => value;
  return {
    metric: query.metric,
    matchers: readMatchers(query.matchers),
    ...optional("function", keyOf(functionNumbers, query.function), same),
    ...optional("quantile", query.quantile, same),
    ...optional("windowMs", query.window, durationMs),
    groupBy: query.groupBy,
    ...optional("aggregation", keyOf(aggregationNumbers, query.aggregation), same),
    ...optional("maxSeries", query.maxSeries || undefined, same),
  };
}

/** A question as the contract has it. */
export function metricQueryMessage(query: MetricQueryRecord): MessageInitShape<typeof MetricQuerySchema> {
  return {
    metric: query.metric,
    matchers: matcherMessages(query.matchers),
    function: query.function === undefined ? MetricFunction.UNSPECIFIED : functionNumbers[query.function],
    ...optional("quantile", query.quantile, (value) => value),
    ...optional("window", query.windowMs, durationFromMs),
    groupBy: [...query.groupBy],
    aggregation:
      query.aggregation === undefined ? MetricAggregation.UNSPECIFIED : aggregationNumbers[query.aggregation],
    maxSeries: query.maxSeries ?? 0,
  };
}
