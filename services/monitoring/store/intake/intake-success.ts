import type { Redis } from "#platform/redis/redis.ts";
import { shardKey } from "../shard-keys.ts";

const successKey = (shard: string) => shardKey(shard, "success");

/** Notes that a shard's outboxes were read without a failure, whichever instance did. */
export async function noteSuccess(redis: Redis, shard: string, nowMs: number): Promise<void> {
  const key = successKey(shard);
  await redis.command(key, ["SET", key, String(nowMs)]);
}

/** When a shard's outboxes were last read without a failure; undefined if they never were. */
export async function readSuccess(redis: Redis, shard: string): Promise<number | undefined> {
  const key = successKey(shard);
  const text = await redis.command<string | null>(key, ["GET", key]);
  return text === null ? undefined : Number(text);
}
