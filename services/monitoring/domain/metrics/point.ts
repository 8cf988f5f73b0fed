import { emptyHistogram, type HistogramPoint, mergeHistograms } from "./exponential-histogram.ts";
import { type Figure, formatFigure, greaterFigure, lesserFigure, parseFigure } from "./figure.ts";

/** What became of a gauge within the time of a point. */
export interface GaugePoint {
  /** The newest value, and when it was measured. */
  readonly last: Figure;
  readonly lastMs: number;
  readonly min: Figure;
  readonly max: Figure;
  readonly sum: Figure;
  /** Number of values. */
  readonly count: bigint;
}

/** What a point of each type of metric holds: the growth, the values, the observations. */
export interface PointTypes {
  readonly counter: Figure;
  readonly gauge: GaugePoint;
  readonly histogram: HistogramPoint;
}
export type MetricType = keyof PointTypes;

/** How points of a type are put together and stored; short texts, so that Redis packs them. */
export interface PointKind<P> {
  merge(left: P, right: P): P;
  encode(point: P): string;
  /** @throws SyntaxError or DecimalError if it is no such text. */
  decode(text: string): P;
}

export const pointKinds: { readonly [T in MetricType]: PointKind<PointTypes[T]> } = {
  counter: { merge: (left, right) => left + right, encode: formatFigure, decode: parseFigure },
  gauge: {
    merge: mergeGauges,
    // One value alone says everything.
    encode: ({ last, lastMs, min, max, sum, count }) =>
      count === 1n
        ? `${formatFigure(last)} ${lastMs}`
        : [formatFigure(last), lastMs, formatFigure(min), formatFigure(max), formatFigure(sum), count].join(
            " ",
          ),
    decode(text) {
      const [last = "", lastMs, min = last, max = last, sum = last, count = "1"] = text.split(" ");
      return {
        last: parseFigure(last),
        lastMs: Number(lastMs),
        min: parseFigure(min),
        max: parseFigure(max),
        sum: parseFigure(sum),
        count: BigInt(count),
      };
    },
  },
  histogram: {
    merge: mergeHistograms,
    encode: ({ count, sum, zeroCount, buckets }) =>
      [
        `${count} ${formatFigure(sum)} ${zeroCount}`,
        ...[...buckets].map(([index, observed]) => `${index}:${observed}`),
      ].join(" "),
    decode(text) {
      const [count = "", sum = "", zeroCount = "", ...buckets] = text.split(" ");
      return {
        count: BigInt(count),
        sum: parseFigure(sum),
        zeroCount: BigInt(zeroCount),
        buckets: new Map(buckets.map((each) => bucketOf(each))),
      };
    },
  },
};

/** A gauge that was measured once. */
export function gaugePoint(value: Figure, atMs: number): GaugePoint {
  return { last: value, lastMs: atMs, min: value, max: value, sum: value, count: 1n };
}

/** One observation. */
export function histogramPoint(bucket: number | undefined, sum: Figure, count = 1n): HistogramPoint {
  if (bucket === undefined) return { ...emptyHistogram, count, zeroCount: count };
  return { ...emptyHistogram, count, sum, buckets: new Map([[bucket, count]]) };
}

function mergeGauges(left: GaugePoint, right: GaugePoint): GaugePoint {
  const newest = right.lastMs >= left.lastMs ? right : left;
  return {
    last: newest.last,
    lastMs: newest.lastMs,
    min: lesserFigure(left.min, right.min),
    max: greaterFigure(left.max, right.max),
    sum: left.sum + right.sum,
    count: left.count + right.count,
  };
}

function bucketOf(text: string): [number, bigint] {
  const [index = "", count = ""] = text.split(":");
  return [Number(index), BigInt(count)];
}
