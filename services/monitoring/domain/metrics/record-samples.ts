import { MonitoringError, type MonitoringReason } from "../monitoring-error.ts";
import { emptyHistogram, type HistogramPoint, keptBucketOf, keptScale } from "./exponential-histogram.ts";
import { parseFigure } from "./figure.ts";
import type { MetricCatalogue } from "./metric-catalogue.ts";
import { encodeLabels, findLabelFault } from "./metric-definition.ts";
import { metricNotFound } from "./metric-question.ts";
import { gaugePoint, type MetricType, type PointTypes } from "./point.ts";
import type { SeriesChange } from "./shard-writer.ts";

/** A figure as a service reports it. */
export interface Sample {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Undefined: when it arrives. */
  readonly atMs: number | undefined;
  readonly value: SampleValue;
}

export type SampleValue =
  | { readonly type: "counter"; readonly increase: string }
  | { readonly type: "gauge"; readonly value: string }
  | { readonly type: "histogram"; readonly histogram: SampledHistogram };

/** An exponential histogram as reported. */
export interface SampledHistogram {
  readonly scale: number;
  readonly count: bigint;
  readonly sum: string;
  readonly zeroCount: bigint;
  readonly offset: number;
  readonly counts: readonly bigint[];
}

const mostBackMs = 10 * 60_000;
const mostAheadMs = 60_000;

/**
 * What a sample adds to its series.
 *
 * @throws MonitoringError METRIC_NOT_FOUND, METRIC_TYPE_MISMATCH, LABEL_NOT_ALLOWED, SAMPLE_INVALID,
 *   SAMPLE_OUT_OF_TIME.
 */
export function toSeriesChange(sample: Sample, catalogue: MetricCatalogue, nowMs: number): SeriesChange {
  const { metric, labels, value } = sample;
  const definition = catalogue.find(metric);
  // What the ledger's events are counted into nobody else may add to.
  if (definition === undefined || definition.source === "ledger") throw metricNotFound(metric);
  if (definition.type !== value.type) {
    const message = `${metric} is a ${definition.type}, not a ${value.type}`;
    throw refusal("METRIC_TYPE_MISMATCH", message, { metric, type: definition.type });
  }
  const fault = findLabelFault(definition, labels);
  if (fault !== undefined) {
    const facts = { metric, label: fault.label, value: fault.value };
    throw refusal("LABEL_NOT_ALLOWED", `the label ${fault.label} of ${metric} ${fault.why}`, facts);
  }
  const atMs = sample.atMs ?? nowMs;
  if (atMs < nowMs - mostBackMs || atMs > nowMs + mostAheadMs) {
    const facts = { metric, at: new Date(atMs).toISOString() };
    throw refusal("SAMPLE_OUT_OF_TIME", "a sample lies at most 10 min back and 1 min ahead", facts);
  }
  const point = toPoint(metric, value, atMs);
  return { definition, labels: encodeLabels(definition, labels), accountId: undefined, atMs, point };
}

function toPoint(metric: string, value: SampleValue, atMs: number): PointTypes[MetricType] {
  if (value.type === "counter") return parseFigure(value.increase);
  if (value.type === "gauge") return gaugePoint(parseFigure(value.value), atMs);
  return toHistogramPoint(metric, value.histogram);
}

function toHistogramPoint(metric: string, reported: SampledHistogram): HistogramPoint {
  const { scale, count, sum, zeroCount, offset, counts } = reported;
  if (scale < keptScale)
    throw refusal("SAMPLE_INVALID", `the histogram is coarser than scale ${keptScale}`, { metric });
  const total = counts.reduce((all, each) => all + each, zeroCount);
  if (total !== count)
    throw refusal("SAMPLE_INVALID", `count is ${count}, the buckets hold ${total}`, { metric });
  const buckets = new Map<number, bigint>();
  counts.forEach((observed, position) => {
    const index = keptBucketOf(offset + position, scale);
    if (observed > 0n) buckets.set(index, (buckets.get(index) ?? 0n) + observed);
  });
  return { ...emptyHistogram, count, sum: parseFigure(sum), zeroCount, buckets };
}

function refusal(reason: MonitoringReason, message: string, metadata: Record<string, string>) {
  return new MonitoringError(reason, message, { metadata });
}
