import type { Redis } from "#platform/redis/redis.ts";
import { commitShard, readShardVersion, type ShardWrite } from "../../store/shard-commit.ts";
import { accountSeriesKey, pointsKey, seriesKey } from "../../store/shard-keys.ts";
import { type MetricDefinition, mostSeriesPerMetric } from "./metric-definition.ts";
import { type MetricType, type PointTypes, pointKinds } from "./point.ts";
import { finestStepMs, pointsPerChunk, resolutions } from "./resolution.ts";

/** What is added to a series. */
export interface SeriesChange<T extends MetricType = MetricType> {
  readonly definition: MetricDefinition & { readonly type: T };
  /** Values of its labels as they stand in keys. */
  readonly labels: string;
  /** The account whose series it is; undefined for those of the system. */
  readonly accountId: string | undefined;
  readonly atMs: number;
  readonly point: PointTypes[T];
}

/** Another wrote to the shard meanwhile: nothing was written, and what was read may be stale. */
export class ShardConflict extends Error {
  override readonly name = "ShardConflict";
}

/** Where a point lies. */
interface Place {
  readonly key: string;
  readonly field: string;
  readonly expiresMs: number;
  readonly type: MetricType;
}

type Point = PointTypes[MetricType];

/** Hashes whose points are remembered; about 200 bytes each. */
const rememberedHashes = 20_000;

/**
 * Writes to one shard. All that is written in one call, points and whatever belongs to them, is written as one
 * step or not at all: Redis compares the shard's version. As long as nobody else writes, what was written is
 * remembered and need not be read again.
 */
export class ShardWriter {
  readonly shard: string;
  readonly #redis: Redis;
  #version: string | undefined;
  #points = new Map<string, Map<string, Point>>();
  #series = new Map<string, Set<string>>();

  constructor(redis: Redis, shard: string) {
    this.#redis = redis;
    this.shard = shard;
  }

  /** Begins to read: what is read from now on is compared when it is written. True if all was forgotten before. */
  async open(): Promise<boolean> {
    if (this.#version !== undefined) return false;
    this.#version = await readShardVersion(this.#redis, this.shard);
    return true;
  }

  /** Forgets what was read and written. */
  forget(): void {
    this.#version = undefined;
    this.#points = new Map();
    this.#series = new Map();
  }

  /**
   * Adds to series, and writes what else belongs to it, as one step. Gives the series, as {@link seriesName} names
   * them, that were left out because their metric, or their account, has as many as are kept.
   *
   * @throws ShardConflict: nothing was written; open again.
   * @throws CommonError STORE_UNAVAILABLE: open again, and find out whether it was written.
   */
  async write(changes: readonly SeriesChange[], others: readonly ShardWrite[]): Promise<ReadonlySet<string>> {
    const version = this.#version;
    if (version === undefined) throw new TypeError("the shard was not opened");
    try {
      const { accepted, dropped, writes: registrations } = await this.#register(joinMinutes(changes));
      const added = addUp(this.shard, accepted);
      await this.#load(added);
      const merged = this.#merge(added);
      const next = String(BigInt(version) + 1n);
      const writes = [...writesOf(merged), ...registrations, ...others];
      if (!(await commitShard(this.#redis, this.shard, version, next, writes)))
        throw new ShardConflict(`another wrote to the shard ${this.shard}`);
      this.#version = next;
      this.#remember(merged);
      return dropped;
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  /** Leaves out changes of series beyond the bound, and notes series that are new. */
  async #register(changes: readonly SeriesChange[]) {
    const writes: ShardWrite[] = [];
    const accepted: SeriesChange[] = [];
    const dropped = new Set<string>();
    for (const change of changes) {
      const { definition, labels, accountId } = change;
      const account = accountId !== undefined;
      const key = account ? accountSeriesKey(this.shard, accountId) : seriesKey(this.shard, definition.name);
      const member = account ? `${definition.name} ${labels}` : labels;
      const known = this.#series.get(key) ?? (await this.#loadSeries(key));
      if (!known.has(member)) {
        if (known.size >= mostSeriesPerMetric) {
          dropped.add(seriesName(change));
          continue;
        }
        known.add(member);
        writes.push({ command: "SADD", key, args: [member] });
      }
      accepted.push(change);
    }
    return { accepted, dropped, writes };
  }

  async #loadSeries(key: string): Promise<Set<string>> {
    const known = new Set(await this.#redis.command<Iterable<string>>(key, ["SMEMBERS", key]));
    this.#series.set(key, known);
    trim(this.#series);
    return known;
  }

  /** Reads the points that are not remembered. */
  async #load(added: ReadonlyMap<string, ReadonlyMap<string, Addition>>): Promise<void> {
    await Promise.all(
      [...added].map(async ([key, additions]) => {
        const known = this.#points.get(key) ?? new Map<string, Point>();
        const missing = [...additions].filter(([field]) => !known.has(field));
        if (missing.length === 0) return;
        const texts = await this.#redis.command<Array<string | null>>(key, [
          "HMGET",
          key,
          ...missing.map(([field]) => field),
        ]);
        missing.forEach(([field, { place }], position) => {
          const text = texts[position];
          if (text != null) known.set(field, pointKinds[place.type].decode(text));
        });
        this.#points.set(key, known);
      }),
    );
  }

  #merge(added: ReadonlyMap<string, ReadonlyMap<string, Addition>>): Addition[] {
    return [...added].flatMap(([key, additions]) =>
      [...additions.values()].map(({ place, point }) => {
        const known = this.#points.get(key)?.get(place.field);
        return { place, point: known === undefined ? point : mergeOf(place.type, known, point) };
      }),
    );
  }

  #remember(merged: readonly Addition[]): void {
    for (const { place, point } of merged) {
      const known = this.#points.get(place.key) ?? new Map<string, Point>();
      known.set(place.field, point);
      this.#points.delete(place.key);
      this.#points.set(place.key, known);
    }
    trim(this.#points);
  }
}

/** A point that is added to what is at its place. */
interface Addition {
  readonly place: Place;
  readonly point: Point;
}

/** What tells a series from any other of its shard. */
export function seriesName({ definition, labels, accountId = "" }: SeriesChange): string {
  return `${definition.name} ${accountId} ${labels}`;
}

/** Hears of changes that are in no series, by metric. */
export type DroppedListener = (metric: string, count: number) => void;

/** Tells of those among the changes whose series was dropped; gives their number. */
export function tellDropped(
  changes: readonly SeriesChange[],
  dropped: ReadonlySet<string>,
  listener: DroppedListener,
): number {
  if (dropped.size === 0) return 0;
  const lost = changes.filter((change) => dropped.has(seriesName(change)));
  const byMetric = Map.groupBy(lost, ({ definition }) => definition.name);
  for (const [metric, own] of byMetric) listener(metric, own.length);
  return lost.length;
}

/** One change for each series and minute: most of a batch falls into few of them. */
function joinMinutes(changes: readonly SeriesChange[]): SeriesChange[] {
  const joined = new Map<string, SeriesChange>();
  for (const change of changes) {
    const { definition, atMs, point } = change;
    const name = `${Math.floor(atMs / finestStepMs)} ${seriesName(change)}`;
    const other = joined.get(name);
    joined.set(
      name,
      other === undefined ? change : { ...other, point: mergeOf(definition.type, other.point, point) },
    );
  }
  return [...joined.values()];
}

/** What the changes add to each hash, by field. */
function addUp(shard: string, changes: readonly SeriesChange[]): Map<string, Map<string, Addition>> {
  const added = new Map<string, Map<string, Addition>>();
  for (const change of changes) {
    for (const place of placesOf(shard, change)) {
      const additions = added.get(place.key) ?? new Map<string, Addition>();
      added.set(place.key, additions);
      const other = additions.get(place.field);
      const point = other === undefined ? change.point : mergeOf(place.type, other.point, change.point);
      additions.set(place.field, { place, point });
    }
  }
  return added;
}

/** A change counts at every resolution. */
function placesOf(shard: string, { definition, labels, accountId, atMs }: SeriesChange): Place[] {
  return resolutions.map(({ letter, stepMs, retentionMs }) => {
    const number = Math.floor(atMs / stepMs);
    const chunk = Math.floor(number / pointsPerChunk);
    return {
      key: pointsKey(shard, letter, chunk, definition.name, labels, accountId),
      field: String(number - chunk * pointsPerChunk),
      expiresMs: (chunk + 1) * pointsPerChunk * stepMs + retentionMs,
      type: definition.type,
    };
  });
}

function mergeOf(type: MetricType, left: Point, right: Point): Point {
  return (pointKinds[type].merge as (left: Point, right: Point) => Point)(left, right);
}

function writesOf(merged: readonly Addition[]): ShardWrite[] {
  const byKey = Map.groupBy(merged, ({ place }) => place.key);
  return [...byKey].flatMap(([key, additions]): ShardWrite[] => [
    {
      command: "HSET",
      key,
      args: additions.flatMap(({ place, point }) => [
        place.field,
        (pointKinds[place.type].encode as (point: Point) => string)(point),
      ]),
    },
    { command: "PEXPIREAT", key, args: [String(additions[0]!.place.expiresMs)] },
  ]);
}

/** Drops what was written longest ago. */
function trim(remembered: Map<string, unknown>): void {
  for (const key of remembered.keys()) {
    if (remembered.size <= rememberedHashes) return;
    remembered.delete(key);
  }
}
