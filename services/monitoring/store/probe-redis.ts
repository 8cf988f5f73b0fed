import { ServiceError } from "#platform/errors/service-error.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { parseRedisUrl } from "#platform/redis/redis-url.ts";
import { type RedisServerInfo, readServerInfo } from "#platform/redis/server-info.ts";

/** A server that answered. */
export interface RedisServer {
  readonly address: string;
  readonly info: RedisServerInfo;
}

/** What asking Redis brought. */
export interface RedisProbe {
  /** What the configuration names. */
  readonly address: string;
  readonly checkedAtMs: number;
  /** How long a PING took; undefined without an answer. */
  readonly latencyMs: number | undefined;
  /** Every server that takes writes; empty without an answer. */
  readonly servers: readonly RedisServer[];
  /** When a write is on disk: "always", "everysec" or "no", the weakest of all servers; empty if unknown. */
  readonly appendFsync: string;
  /** Why there is no answer, in words. */
  readonly fault: string | undefined;
}

/** Asks Redis for its state; never throws. The connection's own timeout bounds the wait. */
export async function probeRedis(redis: Redis, address: string): Promise<RedisProbe> {
  const checkedAtMs = Date.now();
  try {
    const startedAtMs = performance.now();
    await redis.ping();
    const latencyMs = performance.now() - startedAtMs;
    const [infos, appendFsync] = await Promise.all([readServerInfo(redis), readAppendFsync(redis)]);
    const servers = infos.map((info) => ({
      address: infos.length === 1 ? address : `port ${info.port}`,
      info,
    }));
    return { address, checkedAtMs, latencyMs, servers, appendFsync, fault: undefined };
  } catch (error) {
    const fault = describeFault(error);
    return { address, checkedAtMs, latencyMs: undefined, servers: [], appendFsync: "", fault };
  }
}

function describeFault(error: unknown): string {
  if (!(error instanceof ServiceError)) return error instanceof Error ? error.message : String(error);
  return error.cause instanceof Error ? `the connection failed (${error.cause.message})` : "no reply in time";
}

/** Host and port, or the path of the socket, of the first server that the setting names; never its password. */
export function redisAddress(redisUrl: string): string {
  const first = redisUrl.split(",", 1)[0]?.trim() ?? "";
  const { url, socket } = parseRedisUrl(first);
  if (url === undefined) return String((socket as { path?: string } | undefined)?.path ?? "");
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || "6379"}`;
}

const fsyncFromWeakest = ["no", "everysec", "always"];

/** The weakest policy of all servers; empty where a provider does not let it be read. */
async function readAppendFsync(redis: Redis): Promise<string> {
  const replies = await redis.onEveryPrimary(["CONFIG", "GET", "appendfsync"]).catch(() => []);
  const policies = new Set(replies.map(configValue));
  return fsyncFromWeakest.find((policy) => policies.has(policy)) ?? "";
}

/** RESP2 gives a list of names and values, RESP3 a map. */
function configValue(reply: unknown): string {
  if (Array.isArray(reply)) return String(reply[1] ?? "");
  return String((reply as { appendfsync?: unknown } | null)?.appendfsync ?? "");
}
