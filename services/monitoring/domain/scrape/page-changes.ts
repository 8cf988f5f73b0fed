import { bucketOfValue, type HistogramPoint } from "../metrics/exponential-histogram.ts";
import { countFigure, type Figure, figureOfNumber, parseFigure } from "../metrics/figure.ts";
import type { MetricCatalogue } from "../metrics/metric-catalogue.ts";
import { encodeLabels, findLabelFault, type MetricDefinition } from "../metrics/metric-definition.ts";
import { gaugePoint, type MetricType, type PointTypes } from "../metrics/point.ts";
import type { SeriesChange } from "../metrics/shard-writer.ts";
import type { PageSample } from "./parse-page.ts";

/** Values that only grow, by name and labels of the sample, as a page showed them. */
export type Baseline = ReadonlyMap<string, Figure>;

/** What a page adds to the series, and what the next one is compared with. */
export interface PageChanges {
  readonly changes: readonly SeriesChange[];
  readonly baseline: Baseline;
}

/**
 * What a service's page says since the page before. Counters of a new process begin at 0; without a
 * page before, a counter adds nothing, since it is not known when it grew.
 *
 * @param before undefined if no page of the service has been seen yet.
 */
export function changesOf(
  samples: readonly PageSample[],
  service: string,
  before: Baseline | undefined,
  catalogue: MetricCatalogue,
  atMs: number,
): PageChanges {
  const growth = createGrowth(before, samples);
  const changes: SeriesChange[] = [];
  const note = <T extends MetricType>(
    definition: MetricDefinition,
    labels: Readonly<Record<string, string>>,
    point: PointTypes[T],
  ) => {
    const own = { ...labels, ...(Object.hasOwn(definition.labels, "service") ? { service } : {}) };
    if (findLabelFault(definition, own) !== undefined) return;
    changes.push({
      definition,
      labels: encodeLabels(definition, own),
      accountId: undefined,
      atMs,
      point,
    });
  };
  const histograms = new Map<string, PageHistogram>();
  for (const sample of samples) {
    const value = toFigure(sample.value);
    if (value === undefined) continue;
    const definition = findDefinition(sample.name, catalogue);
    if (definition === undefined) continue;
    if (definition.type === "gauge") note<"gauge">(definition, ownLabels(sample), gaugePoint(value, atMs));
    else {
      const grown = growth.of(sample, value);
      if (definition.type === "counter") {
        if (grown > 0n) note<"counter">(definition, ownLabels(sample), grown);
      } else collect(histograms, definition, sample, grown);
    }
  }
  for (const { definition, labels, parts } of histograms.values()) {
    const point = toHistogram(parts);
    if (point.count > 0n) note<"histogram">(definition, labels, point);
  }
  return { changes, baseline: growth.baseline };
}

const startName = "process_start_time_seconds";

/** How much each value grew since the page before; all of it if the process has begun anew since. */
function createGrowth(before: Baseline | undefined, samples: readonly PageSample[]) {
  const baseline = new Map<string, Figure>();
  const start = samples.find(({ name }) => name === startName);
  const startedAt = start && toFigure(start.value);
  const isNewProcess = startedAt !== undefined && before?.get(startName) !== startedAt;
  if (startedAt !== undefined) baseline.set(startName, startedAt);
  return {
    baseline,
    of(sample: PageSample, value: Figure): Figure {
      const key = `${sample.name} ${JSON.stringify(sample.labels)}`;
      baseline.set(key, value);
      if (before === undefined) return 0n;
      const last = isNewProcess ? 0n : (before.get(key) ?? 0n);
      return value >= last ? value - last : value;
    },
  };
}

/** Growth of a histogram's buckets (by upper bound, cumulative) and of its sum. */
interface HistogramParts {
  readonly buckets: Map<number, bigint>;
  sum: Figure;
}

interface PageHistogram {
  readonly definition: MetricDefinition;
  readonly labels: Readonly<Record<string, string>>;
  readonly parts: HistogramParts;
}

const suffixes = ["_bucket", "_sum", "_count"] as const;

/** What the page names is what is kept, of what does not come from the ledger's events. */
function findDefinition(name: string, catalogue: MetricCatalogue): MetricDefinition | undefined {
  const family = suffixes.find((suffix) => name.endsWith(suffix));
  const definition = catalogue.find(name) ?? (family && catalogue.find(name.slice(0, -family.length)));
  return definition === undefined || definition.source === "ledger" ? undefined : definition;
}

function ownLabels({ labels }: PageSample): Record<string, string> {
  const { service: _service, le: _bound, ...own } = labels;
  return own;
}

function collect(
  histograms: Map<string, PageHistogram>,
  definition: MetricDefinition,
  sample: PageSample,
  grown: Figure,
): void {
  const labels = ownLabels(sample);
  const key = `${definition.name} ${JSON.stringify(labels)}`;
  const histogram = histograms.get(key) ?? { definition, labels, parts: { buckets: new Map(), sum: 0n } };
  histograms.set(key, histogram);
  if (sample.name.endsWith("_sum")) histogram.parts.sum = grown;
  if (sample.name.endsWith("_bucket")) {
    const bound = sample.labels.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(sample.labels.le);
    histogram.parts.buckets.set(bound, grown / countFigure(1));
  }
}

/**
 * Observations in the buckets that are kept: those of one of the page's buckets are spread evenly over the kept ones
 * that it covers. So a quantile is as exact as the page's buckets are fine.
 */
function toHistogram({ buckets, sum }: HistogramParts): HistogramPoint {
  const spread = new Map<number, bigint>();
  let lowerBound = 0;
  let below = 0n;
  for (const [bound, cumulative] of [...buckets].sort(([left], [right]) => left - right)) {
    const count = cumulative - below;
    below = cumulative;
    if (count > 0n) spreadOver(spread, count, lowerBound, bound);
    lowerBound = bound;
  }
  return { count: below, sum, zeroCount: 0n, buckets: spread };
}

function spreadOver(into: Map<number, bigint>, count: bigint, lower: number, upper: number): void {
  const last = bucketOfValue(Number.isFinite(upper) ? upper : Math.max(lower, 1e-9) * 1.05);
  const first = lower > 0 ? Math.min(last, bucketOfValue(lower) + 1) : bucketOfValue(upper / 2) + 1;
  const width = BigInt(last - first + 1);
  for (let index = first; index <= last; index++) {
    const share = count / width + (BigInt(index - first) < count % width ? 1n : 0n);
    if (share > 0n) into.set(index, (into.get(index) ?? 0n) + share);
  }
}

const plainDecimal = /^-?\d{1,25}(\.\d{1,18})?$/;

function toFigure(text: string): Figure | undefined {
  if (plainDecimal.test(text)) return parseFigure(text);
  const value = Number(text);
  return Number.isFinite(value) && Math.abs(value) < 1e25 ? figureOfNumber(value) : undefined;
}
