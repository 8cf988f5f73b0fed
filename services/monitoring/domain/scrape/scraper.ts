import { type Clock, pause, systemClock } from "#platform/clock/clock.ts";
import { type Campaign, runWhileLeading } from "#platform/lease/run-while-leading.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { readHash } from "../../store/read-hash.ts";
import { recordedShard, shardKey } from "../../store/shard-keys.ts";
import { metricCatalogue } from "../metrics/definitions/catalogue.ts";
import { type ServiceName, serviceNames } from "../metrics/definitions/service-metrics.ts";
import { countFigure, type Figure, formatFigure, parseFigure } from "../metrics/figure.ts";
import { encodeLabels } from "../metrics/metric-definition.ts";
import { gaugePoint } from "../metrics/point.ts";
import type { Recorder } from "../metrics/recorder.ts";
import type { SeriesChange } from "../metrics/shard-writer.ts";
import { type Baseline, changesOf } from "./page-changes.ts";
import { parsePage } from "./parse-page.ts";

/** A level found out at this moment. */
export interface Finding {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: Figure;
}

/** What is asked in each round. */
export interface ScraperOptions {
  readonly redis: Redis;
  readonly recorder: Recorder;
  /** The text of each service's /metrics. */
  readonly readPage: Readonly<Record<ServiceName, () => Promise<string>>>;
  /** What else is found out: each by itself, so that one that fails hides no other. */
  readonly find: ReadonlyArray<() => Promise<readonly Finding[]>>;
  readonly onError: (what: string, error: unknown) => void;
  readonly clock?: Clock;
  /** Default 15 s. */
  readonly intervalMs?: number;
}

/** Asks every service and records what they say, in one instance at a time; a silent service is recorded as down. */
export function startScraper(options: ScraperOptions): Campaign {
  const { redis, clock = systemClock, intervalMs = 15_000 } = options;
  const key = shardKey(recordedShard, "lease:scrape");
  const onError = (error: unknown) => options.onError("the round", error);
  return runWhileLeading({ redis, key, clock, onError }, async (lease, signal) => {
    const round = new ScrapeRound(options, clock);
    while (!signal.aborted) {
      await round.run(() => lease.assertHeld());
      await pause(clock, intervalMs, signal);
    }
  });
}

const baselineKey = (service: ServiceName) => shardKey(recordedShard, `scraped:${service}`);

/** The rounds of one turn as leader: it remembers what the pages showed last, as it is stored. */
export class ScrapeRound {
  readonly #options: ScraperOptions;
  readonly #clock: Clock;
  readonly #baselines = new Map<ServiceName, Baseline>();

  constructor(options: ScraperOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** @param assertLeading throws if another leads meanwhile; asked right before each write. */
  async run(assertLeading: () => void): Promise<void> {
    const { find, onError } = this.#options;
    await Promise.all([
      ...serviceNames.map((service) =>
        this.#scrape(service, assertLeading).catch((error: unknown) => onError(service, error)),
      ),
      ...find.map((findOut) =>
        this.#record(findOut, assertLeading).catch((error: unknown) => onError("a finding", error)),
      ),
    ]);
  }

  async #scrape(service: ServiceName, assertLeading: () => void): Promise<void> {
    const { recorder, readPage } = this.#options;
    const before = this.#baselines.get(service) ?? (await this.#readBaseline(service));
    const page = await readPage[service]().catch(() => undefined);
    const atMs = this.#clock.nowMs();
    const up = changeOf(
      { metric: "billing_service_up", labels: { service }, value: countFigure(page === undefined ? 0 : 1) },
      atMs,
    );
    if (page === undefined) {
      await recorder.record({ origin: undefined, changes: [up], writes: [] });
      return;
    }
    const { changes, baseline } = changesOf(parsePage(page), service, before, metricCatalogue, atMs);
    const moved = [...baseline].filter(([key, value]) => before?.get(key) !== value);
    const args = moved.flatMap(([key, value]) => [key, formatFigure(value)]);
    const key = baselineKey(service);
    this.#baselines.delete(service);
    assertLeading();
    await recorder.record({
      origin: undefined,
      changes: [up, ...changes],
      // In the same step as the growth that they account for.
      writes: args.length === 0 ? [] : [{ command: "HSET", key, args }],
    });
    this.#baselines.set(service, new Map([...(before ?? []), ...baseline]));
  }

  async #record(find: () => Promise<readonly Finding[]>, assertLeading: () => void): Promise<void> {
    const findings = await find();
    const atMs = this.#clock.nowMs();
    assertLeading();
    const changes = findings.map((finding) => changeOf(finding, atMs));
    await this.#options.recorder.record({ origin: undefined, changes, writes: [] });
  }

  async #readBaseline(service: ServiceName): Promise<Baseline | undefined> {
    const key = baselineKey(service);
    const fields = await readHash(this.#options.redis, key);
    if (fields.size === 0) return undefined;
    return new Map([...fields].map(([name, text]) => [name, parseFigure(text)]));
  }
}

function changeOf({ metric, labels, value }: Finding, atMs: number): SeriesChange {
  const definition = metricCatalogue.find(metric);
  if (definition?.type !== "gauge") throw new TypeError(`${metric} is no gauge`);
  return {
    definition,
    labels: encodeLabels(definition, labels),
    accountId: undefined,
    atMs,
    point: gaugePoint(value, atMs),
  };
}
