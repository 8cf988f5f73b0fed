import type { MetricResult, RangeSeries } from "../../domain/metrics/metrics-reader.ts";

/** The part of a result that differs from the one before, from the first point that does; undefined if none. */
export function changedResult(before: MetricResult, after: MetricResult): MetricResult | undefined {
  const known = new Map(before.series.map((series) => [keyOf(series), series]));
  const shift = (after.fromMs - before.fromMs) / after.stepMs;
  let first = Number.POSITIVE_INFINITY;
  for (const series of after.series) {
    const own = known.get(keyOf(series))?.values;
    const changed = series.values.findIndex((value, position) => value !== own?.[position + shift]);
    if (changed !== -1 && changed < first) first = changed;
  }
  // A point without any data changes nothing, though time has passed.
  if (!Number.isFinite(first)) return undefined;
  return {
    ...after,
    fromMs: after.fromMs + first * after.stepMs,
    series: after.series.map(({ labels, values }) => ({ labels, values: values.slice(first) })),
  };
}

function keyOf({ labels }: RangeSeries): string {
  return JSON.stringify(labels);
}
