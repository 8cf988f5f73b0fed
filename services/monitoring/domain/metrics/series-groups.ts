import type { Labels } from "../label-matcher.ts";
import { decodeLabels, type MetricDefinition } from "./metric-definition.ts";
import type { MetricQuery } from "./metric-question.ts";
import { type MetricType, type PointTypes, pointKinds } from "./point.ts";
import type { Resolution } from "./resolution.ts";

/** A series where it is kept. The same series may be kept in parts, in several shards. */
export interface SeriesPart {
  readonly shard: string;
  /** Values of its labels as they stand in keys. */
  readonly labels: string;
}

/** Where series are kept. */
export interface SeriesSource {
  /** The parts of a metric's series; those of an account if one is named. */
  listSeries(metric: MetricDefinition, accountId: string | undefined): Promise<SeriesPart[]>;
  /**
   * The points of each part, by the number of their steps since 1970. May hold more than was asked for.
   *
   * @param first number of the first point
   * @param last number of the last
   */
  readPoints(
    metric: string,
    parts: readonly SeriesPart[],
    accountId: string | undefined,
    resolution: Resolution,
    first: number,
    last: number,
  ): Promise<Array<ReadonlyMap<number, string>>>;
}

/** The series of a group, each with its points by number. */
export interface SeriesGroup {
  readonly labels: Labels;
  readonly series: ReadonlyArray<ReadonlyMap<number, PointTypes[MetricType]>>;
}

/** Reads what a query selects, its series by group. */
export async function readGroups(
  source: SeriesSource,
  query: MetricQuery,
  resolution: Resolution,
  accountId: string | undefined,
  { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number },
): Promise<SeriesGroup[]> {
  const { definition, metric } = query;
  const selected = (await source.listSeries(definition, accountId))
    .map((part) => ({ part, labels: decodeLabels(definition, part.labels) }))
    .filter(({ labels }) => query.selects(labels));
  const points = await source.readPoints(
    metric,
    selected.map(({ part }) => part),
    accountId,
    resolution,
    Math.floor(fromMs / resolution.stepMs),
    Math.ceil(untilMs / resolution.stepMs) - 1,
  );
  const groups = new Map<
    string,
    { labels: Labels; series: Map<string, Map<number, PointTypes[MetricType]>> }
  >();
  selected.forEach(({ part, labels }, position) => {
    const kept = Object.fromEntries(query.groupBy.map((label) => [label, labels[label] ?? ""]));
    const name = JSON.stringify(Object.values(kept));
    const group = groups.get(name) ?? { labels: kept, series: new Map() };
    groups.set(name, group);
    const series = group.series.get(part.labels) ?? new Map<number, PointTypes[MetricType]>();
    group.series.set(part.labels, series);
    addPoints(definition.type, series, points[position]!);
  });
  return [...groups.values()].map(({ labels, series }) => ({ labels, series: [...series.values()] }));
}

/** Adds the points of a part to those of the series. */
function addPoints<T extends MetricType>(
  type: T,
  series: Map<number, PointTypes[T]>,
  texts: ReadonlyMap<number, string>,
): void {
  const { decode, merge } = pointKinds[type];
  for (const [index, text] of texts) {
    const point = decode(text);
    const other = series.get(index);
    series.set(index, other === undefined ? point : merge(other, point));
  }
}
