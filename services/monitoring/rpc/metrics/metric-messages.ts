import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import {
  type MetricResultSchema,
  type MetricSample,
  type MetricSchema,
  MetricType as TypeNumber,
} from "#gen/billing/monitoring/v1/metric_pb.ts";
import { formatFigure } from "../../domain/metrics/figure.ts";
import type { MetricDefinition } from "../../domain/metrics/metric-definition.ts";
import type { MetricQuery } from "../../domain/metrics/metric-question.ts";
import type { MetricResult } from "../../domain/metrics/metrics-reader.ts";
import type { MetricType } from "../../domain/metrics/point.ts";
import type { Sample, SampleValue } from "../../domain/metrics/record-samples.ts";
import { resolutions } from "../../domain/metrics/resolution.ts";
import { metricQueryMessage } from "../alerting/metric-query-messages.ts";

export const typeNumbers: Readonly<Record<MetricType, TypeNumber>> = {
  counter: TypeNumber.COUNTER,
  gauge: TypeNumber.GAUGE,
  histogram: TypeNumber.HISTOGRAM,
};

/** Values of each label as they were seen, and the time of the newest value, if there is one. */
export interface MetricFacts {
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly lastValueMs: number | undefined;
}

export function metricMessage(
  definition: MetricDefinition,
  { values, lastValueMs }: MetricFacts,
): MessageInitShape<typeof MetricSchema> {
  return {
    name: definition.name,
    type: typeNumbers[definition.type],
    unit: definition.unit,
    description: definition.description,
    labels: Object.entries(definition.labels).map(([name, allowed]) => ({
      name,
      values: typeof allowed === "string" ? [...(values.get(name) ?? [])] : [...allowed],
    })),
    resolutions: resolutions.map(({ stepMs, retentionMs }) => ({
      step: durationFromMs(stepMs),
      retention: durationFromMs(retentionMs),
    })),
    perAccount: definition.perAccount,
    source: definition.source,
    ...(lastValueMs === undefined ? {} : { lastValueAt: timestampFromMs(lastValueMs) }),
  };
}

export function resultMessage(result: MetricResult): MessageInitShape<typeof MetricResultSchema> {
  return {
    query: metricQueryMessage(storableQuery(result.query)),
    unit: result.query.definition.unit,
    startTime: timestampFromMs(result.fromMs),
    step: durationFromMs(result.stepMs),
    series: result.series.map(({ labels, values }) => ({
      labels: { ...labels },
      values: values.map((value) => (value === undefined ? "" : formatFigure(value))),
    })),
    truncated: result.truncated,
    lastPointOpen: result.lastPointOpen,
  };
}

/** As the contract's messages are made from; a quantile stands only where one is computed. */
function storableQuery({ quantile, ...query }: MetricQuery) {
  return {
    ...query,
    matchers: query.matchers.map((matcher) => ({ ...matcher })),
    groupBy: [...query.groupBy],
    ...(query.function === "quantile" ? { quantile } : {}),
  };
}

export function readSample({ metric, labels, at, value }: MetricSample): Sample {
  return { metric, labels, atMs: at && timestampMs(at), value: readValue(value) };
}

function readValue(value: MetricSample["value"]): SampleValue {
  switch (value.case) {
    case "counterIncrease":
      return { type: "counter", increase: value.value };
    case "gaugeValue":
      return { type: "gauge", value: value.value };
    case "histogram": {
      const { scale = 3, count, sum, zeroCount, bucketOffset, bucketCounts } = value.value;
      const counts = bucketCounts;
      return { type: "histogram", histogram: { scale, count, sum, zeroCount, offset: bucketOffset, counts } };
    }
    case undefined:
      throw new TypeError("validation lets no sample without a value pass");
  }
}
