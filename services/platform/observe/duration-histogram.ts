import type { Metric, MetricObjectWithValues, MetricValueWithName } from "@prometheus-io/client";

/** Observations of one label value: how many fell below each bound but not below the one before it, and their sum. */
interface Series {
  readonly counts: Float64Array;
  sum: number;
}

/**
 * A histogram of seconds with one label. The library's own builds a key from the labels for each observation;
 * this one is on the way of every call, and adds up the buckets when it is read.
 */
export class DurationHistogram {
  readonly name: string;
  readonly help: string;
  readonly type = "histogram";
  readonly aggregator = "sum";
  readonly #label: string;
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, Series>();

  /** `bounds` are the upper ends of the buckets in seconds, in ascending order. */
  constructor(options: { name: string; help: string; label: string; bounds: readonly number[] }) {
    this.name = options.name;
    this.help = options.help;
    this.#label = options.label;
    this.#bounds = options.bounds;
  }

  observe(labelValue: string, seconds: number): void {
    let series = this.#series.get(labelValue);
    if (series === undefined) {
      series = { counts: new Float64Array(this.#bounds.length + 1), sum: 0 };
      this.#series.set(labelValue, series);
    }
    let bucket = 0;
    while (bucket < this.#bounds.length && seconds > this.#bounds[bucket]!) bucket++;
    series.counts[bucket]!++;
    series.sum += seconds;
  }

  /** What a registry reads. */
  async get(): Promise<MetricObjectWithValues<MetricValueWithName<string>>> {
    const { name, help, type, aggregator } = this;
    const values = Array.from(this.#series, ([labelValue, series]) => this.#valuesOf(labelValue, series));
    return { name, help, type: type as never, aggregator, collect: () => {}, values: values.flat() };
  }

  /** As the registry's methods take it: it asks for no more than `get`. */
  asMetric(): Metric<string> {
    return this as unknown as Metric<string>;
  }

  #valuesOf(labelValue: string, { counts, sum }: Series): MetricValueWithName<string>[] {
    const labels = { [this.#label]: labelValue };
    let below = 0;
    const buckets = Array.from(counts, (count, bucket) => {
      below += count;
      const le = this.#bounds[bucket] ?? "+Inf";
      return { metricName: `${this.name}_bucket`, labels: { le, ...labels }, value: below };
    });
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: below },
    ];
  }
}
