import { decodeLabels, type MetricDefinition } from "./metric-definition.ts";
import { resolutions } from "./resolution.ts";
import type { SeriesSource } from "./series-groups.ts";

/** What has been recorded of a metric. */
export class MetricFactsReader {
  readonly #source: SeriesSource;
  readonly #now: () => number;

  constructor(source: SeriesSource, now: () => number) {
    this.#source = source;
    this.#now = now;
  }

  /** Values of its labels that were seen, and about when its newest value was recorded: the start of its minute. */
  async read(
    definition: MetricDefinition,
  ): Promise<{ values: ReadonlyMap<string, readonly string[]>; lastValueMs: number | undefined }> {
    const parts = await this.#source.listSeries(definition, undefined);
    const seen = new Map<string, Set<string>>();
    for (const { labels } of parts) {
      for (const [name, value] of Object.entries(decodeLabels(definition, labels)))
        seen.set(name, (seen.get(name) ?? new Set()).add(value));
    }
    const values = new Map([...seen].map(([name, own]) => [name, [...own].sort()]));
    return { values, lastValueMs: await this.#lastValueMs(definition, parts) };
  }

  /** The finest resolution that has a point in the last two chunks or so. */
  async #lastValueMs(
    { name }: MetricDefinition,
    parts: Awaited<ReturnType<SeriesSource["listSeries"]>>,
  ): Promise<number | undefined> {
    for (const resolution of resolutions) {
      const last = Math.floor(this.#now() / resolution.stepMs);
      const points = await this.#source.readPoints(name, parts, undefined, resolution, last - 60, last);
      const newest = Math.max(...points.flatMap((own) => [...own.keys()]), Number.NEGATIVE_INFINITY);
      if (Number.isFinite(newest)) return newest * resolution.stepMs;
    }
    return undefined;
  }
}
