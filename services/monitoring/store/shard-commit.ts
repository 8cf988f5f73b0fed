import type { Redis } from "#platform/redis/redis.ts";
import { createScript, readLua, runScript } from "#platform/redis/script.ts";
import { shardKey } from "./shard-keys.ts";

/** Commands by which a shard is written, each with the type that its key has. */
const commandTypes = {
  HSET: "hash",
  HDEL: "hash",
  SADD: "set",
  XADD: "stream",
  PFADD: "string",
  SET: "any",
  DEL: "any",
  PEXPIREAT: "any",
} as const;

/** One write to a shard. */
export interface ShardWrite {
  readonly command: keyof typeof commandTypes;
  readonly key: string;
  /** At most 4,000. */
  readonly args: readonly string[];
}

const commitScript = createScript("write", readLua(import.meta.url, "./scripts/commit-shard.lua"));

const versionKey = (shard: string) => shardKey(shard, "version");

/** The version of a shard: it grows with each commit; "0" before the first. */
export async function readShardVersion(redis: Redis, shard: string): Promise<string> {
  const key = versionKey(shard);
  return (await redis.command<string | null>(key, ["GET", key])) ?? "0";
}

/**
 * Performs all writes as one step if the shard still has the version at which it was read; false, and nothing is
 * written, if it has another.
 *
 * @throws CommonError STORE_UNAVAILABLE: whether it was written is unknown; what is read again tells.
 */
export async function commitShard(
  redis: Redis,
  shard: string,
  version: string,
  nextVersion: string,
  writes: readonly ShardWrite[],
): Promise<boolean> {
  const keys = [versionKey(shard)];
  const numbers = new Map<string, string>();
  const args = [version, nextVersion];
  for (const { command, key, args: own } of writes) {
    let number = numbers.get(key);
    if (number === undefined) {
      number = String(keys.push(key));
      numbers.set(key, number);
    }
    args.push(command, number, commandTypes[command], String(own.length), ...own);
  }
  return (await runScript<number>(redis, commitScript, keys, args)) === 1;
}
