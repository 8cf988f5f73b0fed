import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, durationMs } from "@bufbuild/protobuf/wkt";
import {
  MetricAggregation as Aggregation,
  MetricFunction as Function_,
  type MetricQuerySchema,
  type MetricQuery as QueryMessage,
} from "#gen/billing/monitoring/v1/metric_pb.ts";
import type {
  MetricAggregation,
  MetricFunction,
  MetricQuery,
  MetricQuestion,
} from "../../domain/metrics/metric-question.ts";
import { matcherMessages, readMatchers } from "../alerting/matcher-messages.ts";

const functions: Readonly<Record<MetricFunction, Function_>> = {
  rate: Function_.RATE,
  sum: Function_.SUM,
  avg: Function_.AVG,
  min: Function_.MIN,
  max: Function_.MAX,
  quantile: Function_.QUANTILE,
  last: Function_.LAST,
  count: Function_.COUNT,
};

const aggregations: Readonly<Record<MetricAggregation, Aggregation>> = {
  sum: Aggregation.SUM,
  avg: Aggregation.AVG,
  min: Aggregation.MIN,
  max: Aggregation.MAX,
};

/** A question as the domain asks it. */
export function readQuestion(message: QueryMessage): MetricQuestion {
  return {
    metric: message.metric,
    matchers: readMatchers(message.matchers),
    function: nameOf(functions, message.function),
    quantile: message.quantile,
    windowMs: message.window && durationMs(message.window),
    groupBy: message.groupBy,
    aggregation: nameOf(aggregations, message.aggregation),
    maxSeries: message.maxSeries || undefined,
  };
}

/** A query with its defaults filled in. */
export function queryMessage(query: MetricQuery): MessageInitShape<typeof MetricQuerySchema> {
  return {
    metric: query.metric,
    matchers: matcherMessages(query.matchers),
    function: functions[query.function],
    ...(query.function === "quantile" ? { quantile: query.quantile } : {}),
    window: durationFromMs(query.windowMs),
    groupBy: [...query.groupBy],
    aggregation: aggregations[query.aggregation],
    maxSeries: query.maxSeries,
  };
}

/** Undefined for the default. */
function nameOf<N extends string>(numbers: Readonly<Record<N, number>>, number: number): N | undefined {
  return (Object.keys(numbers) as N[]).find((name) => numbers[name] === number);
}
