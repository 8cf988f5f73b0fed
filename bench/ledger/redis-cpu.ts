import type { Redis } from "#platform/redis/redis.ts";

/** CPU that Redis has used so far, sockets included, in milliseconds: unlike elapsed time hardly more on a busy machine. */
export async function readRedisCpuMs(redis: Redis): Promise<number> {
  const page = await redis.command<string>("", ["INFO", "cpu"]);
  const seconds = [...page.matchAll(/^used_cpu_(?:sys|user):([\d.]+)/gm)].map((match) => Number(match[1]));
  return seconds.reduce((sum, each) => sum + each, 0) * 1_000;
}
