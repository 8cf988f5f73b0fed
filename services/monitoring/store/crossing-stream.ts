import type { Redis } from "#platform/redis/redis.ts";
import { ledgerShards, shardKey } from "./shard-keys.ts";

/** A crossing as it stands in its stream. */
export interface StoredCrossing {
  readonly shard: string;
  /** Position in the shard's stream. */
  readonly position: string;
  /** JSON of the domain. */
  readonly data: string;
}

const crossingsPerShard = "200";

/** Stream of an intake's shard with what its accounts crossed. */
export function crossingsKey(shard: string): string {
  return shardKey(shard, "crossings");
}

/** The oldest crossings of every shard that nobody has removed yet; at most 200 of each. */
export async function readCrossings(redis: Redis): Promise<StoredCrossing[]> {
  const streams = await Promise.all(
    ledgerShards.map(async (shard) => {
      const key = crossingsKey(shard);
      const command = ["XRANGE", key, "-", "+", "COUNT", crossingsPerShard];
      const entries = await redis.command<Array<[id: string, fields: string[]]>>(key, command);
      return entries.map(([position, fields]) => ({
        shard,
        position,
        data: fields[fields.indexOf("data") + 1] ?? "",
      }));
    }),
  );
  return streams.flat();
}

/** Removes crossings that were taken over for good; doing it twice does it once. */
export async function removeCrossings(redis: Redis, taken: readonly StoredCrossing[]): Promise<void> {
  const byShard = Map.groupBy(taken, ({ shard }) => shard);
  await Promise.all(
    [...byShard].map(([shard, own]) => {
      const key = crossingsKey(shard);
      return redis.command(key, ["XDEL", key, ...own.map(({ position }) => position)]);
    }),
  );
}
