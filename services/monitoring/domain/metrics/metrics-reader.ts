import type { Clock } from "#platform/clock/clock.ts";
import type { Labels } from "../label-matcher.ts";
import { MonitoringError } from "../monitoring-error.ts";
import type { Figure } from "./figure.ts";
import type { MetricCatalogue } from "./metric-catalogue.ts";
import { type MetricQuery, type MetricQuestion, planQuestion } from "./metric-question.ts";
import { oldestPointMs, pointStartMs, type Resolution, resolutionFor, resolutions } from "./resolution.ts";
import { readGroups, type SeriesGroup, type SeriesSource } from "./series-groups.ts";
import { evaluateGroup, mergePoints } from "./window-functions.ts";

/** A time span, and the distance between its points. */
export interface MetricRange {
  /** Multiples of the step. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** Whole minutes. */
  readonly stepMs: number;
}

/** The answer to a query over a range. */
export interface MetricResult {
  readonly query: MetricQuery;
  readonly fromMs: number;
  readonly stepMs: number;
  /** Largest last value first. */
  readonly series: readonly RangeSeries[];
  /** Whether there were more than the query's `maxSeries`. */
  readonly truncated: boolean;
  /** Whether the time of the last point is not over. */
  readonly lastPointOpen: boolean;
}

/** Values of a group; value i belongs to the time from the range's start + i × step; undefined without data. */
export interface RangeSeries {
  readonly labels: Labels;
  readonly values: ReadonlyArray<Figure | undefined>;
}

/** The figure of a group at one moment. */
export interface InstantValue {
  readonly labels: Labels;
  readonly value: Figure;
}

/** Window of an alert rule that states none. */
export const defaultInstantWindowMs = 5 * 60_000;

/**
 * Answers questions to the recorded metrics. Questions of one account are asked with its id.
 *
 * All methods throw STORE_UNAVAILABLE if Redis does not answer.
 */
export class MetricsReader {
  readonly #catalogue: MetricCatalogue;
  readonly #source: SeriesSource;
  readonly #clock: Clock;

  constructor(catalogue: MetricCatalogue, source: SeriesSource, clock: Clock) {
    this.#catalogue = catalogue;
    this.#source = source;
    this.#clock = clock;
  }

  /**
   * Checks a question and fills in its defaults.
   *
   * @throws MonitoringError METRIC_NOT_FOUND, LABEL_NOT_ALLOWED, FUNCTION_NOT_APPLICABLE, MATCHER_INVALID;
   *   PER_ACCOUNT_NOT_KEPT with an account.
   */
  plan(question: MetricQuestion, defaultWindowMs = defaultInstantWindowMs, accountId?: string): MetricQuery {
    const query = planQuestion(question, (name) => this.#catalogue.find(name), defaultWindowMs);
    if (accountId !== undefined && !query.definition.perAccount) {
      throw new MonitoringError("PER_ACCOUNT_NOT_KEPT", `${query.metric} is not kept for single accounts`, {
        metadata: { metric: query.metric },
      });
    }
    return query;
  }

  /**
   * The figures of a query over a range. The function of each point looks at the window that ends with it.
   *
   * @throws MonitoringError RANGE_NOT_RETAINED.
   */
  async query(query: MetricQuery, range: MetricRange, accountId?: string): Promise<MetricResult> {
    const { fromMs, untilMs, stepMs } = range;
    const nowMs = this.#clock.nowMs();
    const resolution = resolutionFor(stepMs, query.windowMs);
    requireRetained(resolution, fromMs, nowMs);
    const groups = await readGroups(this.#source, query, resolution, accountId, {
      fromMs: fromMs + stepMs - query.windowMs,
      untilMs,
    });
    const count = Math.ceil((untilMs - fromMs) / stepMs);
    const all = groups.map((group) => ({
      labels: group.labels,
      values: Array.from({ length: count }, (_, position) =>
        evaluateWindow(query, group, resolution, fromMs + (position + 1) * stepMs, nowMs),
      ),
    }));
    const filled = all.filter(({ values }) => values.some((value) => value !== undefined));
    filled.sort((left, right) => compareFigures(lastValue(right), lastValue(left)));
    return {
      query,
      fromMs,
      stepMs,
      series: filled.slice(0, query.maxSeries),
      truncated: filled.length > query.maxSeries,
      lastPointOpen: fromMs + count * stepMs > nowMs,
    };
  }

  /**
   * The figures of a query at moments, by moment in their order; groups without data are not among them. Now means
   * including the minute that is not over; a moment in the past sees whole minutes that ended by then, as a rule
   * evaluated at that time would have seen them.
   *
   * @throws MonitoringError RANGE_NOT_RETAINED.
   */
  async evaluate(query: MetricQuery, atMs: readonly number[], accountId?: string): Promise<InstantValue[][]> {
    const nowMs = this.#clock.nowMs();
    const earliestMs = Math.min(...atMs) - query.windowMs;
    const resolution = resolutions.find((each) => oldestPointMs(each, nowMs) <= earliestMs);
    if (resolution === undefined) throw notRetained(resolutions.at(-1)!, nowMs);
    const ends = atMs.map((at) => {
      const startMs = pointStartMs(at, resolution.stepMs);
      return startMs + resolution.stepMs > nowMs ? startMs + resolution.stepMs : startMs;
    });
    const groups = await readGroups(this.#source, query, resolution, accountId, {
      fromMs: Math.min(...ends) - query.windowMs,
      untilMs: Math.max(...ends),
    });
    return ends.map((endMs) =>
      groups.flatMap((group) => {
        const value = evaluateWindow(query, group, resolution, endMs, nowMs);
        return value === undefined ? [] : [{ labels: group.labels, value }];
      }),
    );
  }
}

/** The figure of a group over the window that ends at a moment. */
function evaluateWindow(
  query: MetricQuery,
  group: SeriesGroup,
  { stepMs }: Resolution,
  endMs: number,
  nowMs: number,
): Figure | undefined {
  // A window that is no multiple of the points' length is brought up to one.
  const startMs = endMs - Math.ceil(query.windowMs / stepMs) * stepMs;
  const first = startMs / stepMs;
  const last = endMs / stepMs - 1;
  const merged = group.series.map((points) =>
    mergePoints(query.definition.type, between(points, first, last)),
  );
  // Of a window that is not over only what has passed counts, though never less than a minute.
  const elapsedMs = Math.max(60_000, Math.min(endMs, nowMs) - startMs);
  return evaluateGroup(query, merged, elapsedMs);
}

function* between<P>(points: ReadonlyMap<number, P>, first: number, last: number): Generator<P> {
  for (let index = first; index <= last; index++) {
    const point = points.get(index);
    if (point !== undefined) yield point;
  }
}

function requireRetained(resolution: Resolution, fromMs: number, nowMs: number): void {
  if (pointStartMs(fromMs, resolution.stepMs) < oldestPointMs(resolution, nowMs))
    throw notRetained(resolution, nowMs);
}

function notRetained(resolution: Resolution, nowMs: number): MonitoringError {
  const oldest = new Date(oldestPointMs(resolution, nowMs)).toISOString();
  return new MonitoringError("RANGE_NOT_RETAINED", `points of this step are kept since ${oldest}`, {
    metadata: { oldest_time: oldest },
  });
}

function lastValue({ values }: RangeSeries): Figure {
  return values.findLast((value) => value !== undefined) ?? 0n;
}

function compareFigures(left: Figure, right: Figure): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
