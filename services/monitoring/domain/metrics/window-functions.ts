import { quantileOf } from "./exponential-histogram.ts";
import {
  countFigure,
  divideFigures,
  type Figure,
  figureOfNumber,
  greaterFigure,
  lesserFigure,
} from "./figure.ts";
import type { MetricAggregation, MetricQuery } from "./metric-question.ts";
import { type MetricType, type PointTypes, pointKinds } from "./point.ts";

/** Points of one series in a window, merged to one; undefined if there is none. */
type Merged = PointTypes[MetricType] | undefined;

/** Puts points of a type together; undefined if there is none. */
export function mergePoints<T extends MetricType>(
  type: T,
  points: Iterable<PointTypes[T]>,
): PointTypes[T] | undefined {
  const { merge } = pointKinds[type];
  let merged: PointTypes[T] | undefined;
  for (const point of points) merged = merged === undefined ? point : merge(merged, point);
  return merged;
}

/**
 * The figure of a group over a window, from the merged points of each of its series; undefined if there is no
 * data.
 *
 * @param elapsedMs how much of the window's time has passed.
 */
export function evaluateGroup(
  query: MetricQuery,
  series: readonly Merged[],
  elapsedMs: number,
): Figure | undefined {
  const present = series.filter((merged) => merged !== undefined);
  if (present.length === 0) return undefined;
  if (query.function === "quantile") {
    const all = mergePoints("histogram", present as ReadonlyArray<PointTypes["histogram"]>)!;
    const value = quantileOf(all, query.quantile);
    return value === undefined ? undefined : figureOfNumber(value);
  }
  const figures = present
    .map((merged) => figureOf(query, merged, elapsedMs))
    .filter((figure) => figure !== undefined);
  return figures.length === 0 ? undefined : aggregate(query.aggregation, figures);
}

function figureOf(query: MetricQuery, merged: NonNullable<Merged>, elapsedMs: number): Figure | undefined {
  const perSecond = (growth: Figure) => divideFigures(growth, countFigure(elapsedMs) / 1_000n);
  switch (query.definition.type) {
    case "counter": {
      const growth = merged as PointTypes["counter"];
      return query.function === "rate" ? perSecond(growth) : growth;
    }
    case "gauge": {
      const gauge = merged as PointTypes["gauge"];
      if (query.function === "avg") return divideFigures(gauge.sum, countFigure(gauge.count));
      return gauge[query.function as "last" | "sum" | "min" | "max"];
    }
    case "histogram": {
      const { count, sum } = merged as PointTypes["histogram"];
      if (query.function === "avg") return divideFigures(sum, countFigure(count));
      if (query.function === "rate") return perSecond(countFigure(count));
      return query.function === "sum" ? sum : countFigure(count);
    }
  }
}

/** How series of a group become one. */
export function aggregate(aggregation: MetricAggregation, figures: readonly Figure[]): Figure | undefined {
  const total = () => figures.reduce((sum, figure) => sum + figure, 0n);
  switch (aggregation) {
    case "sum":
      return total();
    case "avg":
      return divideFigures(total(), countFigure(figures.length));
    case "min":
      return figures.reduce(lesserFigure);
    case "max":
      return figures.reduce(greaterFigure);
  }
}
