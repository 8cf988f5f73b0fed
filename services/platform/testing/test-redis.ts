import { connectRedis, type Redis, type RedisOptions } from "../redis/redis.ts";

/**
 * How long a Redis or a process of a test may stand still, as on a busy machine it does for seconds, before a call
 * fails. Only a test about a Redis that stands still chooses less.
 */
export const patientRedisMs = 60_000;

/** Connects as a service does, with patience. */
export function connectTestRedis(
  urls: string | readonly string[],
  options: Partial<RedisOptions> = {},
): Promise<Redis> {
  return connectRedis({ name: "test", commandTimeoutMs: patientRedisMs, ...options, urls: [urls].flat() });
}
