import type { Redis } from "#platform/redis/redis.ts";
import { bucketKeys } from "./keys.ts";

/** Ids of a bucket's accounts that begin with `prefix` and come after `afterId`, in order of their bytes. */
export async function readAccountIds(
  redis: Redis,
  bucket: number,
  prefix: string,
  afterId: string,
  limit: number,
): Promise<string[]> {
  const key = bucketKeys(bucket).listing;
  const from = afterId >= prefix && afterId !== "" ? `(${afterId}` : `[${prefix}`;
  // No id has a byte above 0x7f, so this bounds everything that begins with the prefix.
  const to = prefix === "" ? "+" : `(${prefix}\u007f`;
  return redis.command<string[]>(key, ["ZRANGE", key, from, to, "BYLEX", "LIMIT", "0", String(limit)]);
}
