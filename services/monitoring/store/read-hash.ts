import type { Redis } from "#platform/redis/redis.ts";

/** All fields of a hash; none if there is no such key. */
export async function readHash(redis: Redis, key: string): Promise<Map<string, string>> {
  const reply = await redis.command<string[] | Record<string, string>>(key, ["HGETALL", key]);
  // RESP2 gives a list of fields and values, RESP3 a map.
  if (!Array.isArray(reply)) return new Map(Object.entries(reply));
  const fields = new Map<string, string>();
  for (let at = 0; at + 1 < reply.length; at += 2) fields.set(reply[at]!, reply[at + 1]!);
  return fields;
}
