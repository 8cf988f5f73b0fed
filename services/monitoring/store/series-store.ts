import type { Redis } from "#platform/redis/redis.ts";
import { createScript, readLua, runScript } from "#platform/redis/script.ts";
import { accountSeriesKey, pointsKey, seriesKey } from "./shard-keys.ts";

/** The points of one series in one shard. */
export interface StoredSeries {
  readonly shard: string;
  /** Values of its labels as they stand in keys. */
  readonly labels: string;
}

const readScript = createScript("read", readLua(import.meta.url, "./scripts/read-hashes.lua"));
/** Bounds how long one call keeps Redis busy: about 2 ms. */
const hashesPerCall = 200;

/** Points by their number, as texts, in hashes of `pointsPerChunk` that Redis packs. */
export class SeriesStore {
  readonly #redis: Redis;
  readonly #pointsPerChunk: number;

  constructor(redis: Redis, pointsPerChunk: number) {
    this.#redis = redis;
    this.#pointsPerChunk = pointsPerChunk;
  }

  /** What is kept of a metric in some shards. */
  async listSeries(metric: string, shards: readonly string[]): Promise<StoredSeries[]> {
    const lists = await Promise.all(
      shards.map(async (shard) => {
        const key = seriesKey(shard, metric);
        const members = await this.#redis.command<string[]>(key, ["SMEMBERS", key]);
        return [...members].map((labels) => ({ shard, labels }));
      }),
    );
    return lists.flat();
  }

  /** What is kept of a metric for an account. */
  async listAccountSeries(metric: string, shard: string, accountId: string): Promise<StoredSeries[]> {
    const key = accountSeriesKey(shard, accountId);
    const members = await this.#redis.command<string[]>(key, ["SMEMBERS", key]);
    const prefix = `${metric} `;
    return [...members]
      .filter((member) => member.startsWith(prefix))
      .map((member) => ({ shard, labels: member.slice(prefix.length) }));
  }

  /** The points of each series from number `first` to `last`, and perhaps some around them. */
  async readPoints(
    metric: string,
    series: readonly StoredSeries[],
    accountId: string | undefined,
    resolution: string,
    first: number,
    last: number,
  ): Promise<Array<Map<number, string>>> {
    const points = series.map(() => new Map<number, string>());
    const chunks = numbersBetween(this.#chunkOf(first), this.#chunkOf(last));
    const wanted = series.flatMap(({ shard, labels }, position) =>
      chunks.map((chunk) => ({
        shard,
        chunk,
        position,
        key: pointsKey(shard, resolution, chunk, metric, labels, accountId),
      })),
    );
    const byShard = Map.groupBy(wanted, ({ shard }) => shard);
    await Promise.all(
      [...byShard.values()].map(async (own) => {
        for (let at = 0; at < own.length; at += hashesPerCall) {
          const part = own.slice(at, at + hashesPerCall);
          const hashes = await runScript<string[][]>(
            this.#redis,
            readScript,
            part.map(({ key }) => key),
            [],
          );
          part.forEach(({ chunk, position }, index) => {
            const flat = hashes[index]!;
            for (let field = 0; field + 1 < flat.length; field += 2)
              points[position]!.set(chunk * this.#pointsPerChunk + Number(flat[field]), flat[field + 1]!);
          });
        }
      }),
    );
    return points;
  }

  #chunkOf(number: number): number {
    return Math.floor(number / this.#pointsPerChunk);
  }
}

function numbersBetween(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, offset) => first + offset);
}
