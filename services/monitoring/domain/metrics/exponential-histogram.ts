/**
 * Base-2 exponential histograms at scale 3: bucket i holds the values in (2^(i/8), 2^((i+1)/8)]. Merging is
 * addition; a quantile lies within 4.4 % (the OpenTelemetry data model describes the scales).
 */

/** The scale that is kept. */
export const keptScale = 3;
const bucketsPerDoubling = 2 ** keptScale;

/** Observations ≥ 0, by bucket. */
export interface HistogramPoint {
  readonly count: bigint;
  /** Exact sum, as a figure. */
  readonly sum: bigint;
  /** Observations that are 0. */
  readonly zeroCount: bigint;
  /** Observations by bucket index; only buckets that have some. */
  readonly buckets: ReadonlyMap<number, bigint>;
}

/** No observation at all. */
export const emptyHistogram: HistogramPoint = { count: 0n, sum: 0n, zeroCount: 0n, buckets: new Map() };

/** The bucket of a value above 0. */
export function bucketOfValue(value: number): number {
  return Math.ceil(Math.log2(value) * bucketsPerDoubling) - 1;
}

/** The bucket at the kept scale of one at a finer scale. */
export function keptBucketOf(index: number, scale: number): number {
  return index >> (scale - keptScale);
}

/** All observations of both. */
export function mergeHistograms(left: HistogramPoint, right: HistogramPoint): HistogramPoint {
  const buckets = new Map(left.buckets);
  for (const [index, count] of right.buckets) buckets.set(index, (buckets.get(index) ?? 0n) + count);
  return {
    count: left.count + right.count,
    sum: left.sum + right.sum,
    zeroCount: left.zeroCount + right.zeroCount,
    buckets,
  };
}

/**
 * The value below which a share of the observations lies: the geometric middle of its bucket. Undefined without
 * observations.
 */
export function quantileOf(histogram: HistogramPoint, quantile: number): number | undefined {
  if (histogram.count === 0n) return undefined;
  const rank = Math.max(1, Math.ceil(quantile * Number(histogram.count)));
  let seen = Number(histogram.zeroCount);
  if (seen >= rank) return 0;
  for (const [index, count] of [...histogram.buckets].sort(([left], [right]) => left - right)) {
    seen += Number(count);
    if (seen >= rank) return 2 ** ((index + 0.5) / bucketsPerDoubling);
  }
  return undefined;
}
