import type { Redis } from "./redis.ts";

/** What a server of Redis or Valkey says about itself. */
export interface RedisServerInfo {
  readonly product: "redis" | "valkey";
  /** Dotted version; empty if it says none. */
  readonly version: string;
  /** Its TCP port; 0 if it listens on a unix socket alone. */
  readonly port: number;
  readonly uptimeSeconds: number;
  /** Whether it takes writes: false for a replica. */
  readonly isPrimary: boolean;
  /** Whether it still reads its data from disk. */
  readonly isLoading: boolean;
  readonly usedMemoryBytes: bigint;
  /** 0 means no limit. */
  readonly maxMemoryBytes: bigint;
  /** What it does when the memory is full; money needs "noeviction". */
  readonly maxMemoryPolicy: string;
  readonly evictedKeys: bigint;
  readonly isAppendOnly: boolean;
  /** Whether its last write to the append-only file succeeded; true without such a file. */
  readonly lastAppendSucceeded: boolean;
  readonly replicaCount: number;
  /** Seconds since the slowest replica reported; undefined without replicas that are online. */
  readonly replicaLagSeconds: number | undefined;
}

/** Asks every primary about itself; in no special order. */
export async function readServerInfo(redis: Redis): Promise<RedisServerInfo[]> {
  const replies = await redis.onEveryPrimary(["INFO"]);
  return replies.map((reply) => parseServerInfo(String(reply)));
}

/** Reads the reply of INFO; what is not in it is empty, 0 or as harmless. */
export function parseServerInfo(text: string): RedisServerInfo {
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0 && !line.startsWith("#")) fields.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const field = (name: string) => fields.get(name) ?? "";
  // Valkey states a redis_version too: the one it is compatible with.
  const isValkey = field("server_name") === "valkey" || field("valkey_version") !== "";
  return {
    product: isValkey ? "valkey" : "redis",
    version: field(isValkey ? "valkey_version" : "redis_version"),
    port: toNumber(field("tcp_port")),
    uptimeSeconds: toNumber(field("uptime_in_seconds")),
    isPrimary: field("role") !== "slave",
    isLoading: field("loading") === "1",
    usedMemoryBytes: toBigint(field("used_memory")),
    maxMemoryBytes: toBigint(field("maxmemory")),
    maxMemoryPolicy: field("maxmemory_policy"),
    evictedKeys: toBigint(field("evicted_keys")),
    isAppendOnly: field("aof_enabled") === "1",
    lastAppendSucceeded: field("aof_last_write_status") !== "err",
    replicaCount: toNumber(field("connected_slaves")),
    replicaLagSeconds: slowestReplica(fields),
  };
}

/** From lines such as `slave0:ip=10.0.0.7,port=6379,state=online,offset=84,lag=1`. */
function slowestReplica(fields: ReadonlyMap<string, string>): number | undefined {
  const lags = [...fields]
    .filter(([name, value]) => /^slave\d+$/.test(name) && value.includes("state=online"))
    .map(([, value]) => toNumber(/(?:^|,)lag=(\d+)/.exec(value)?.[1] ?? ""));
  return lags.length === 0 ? undefined : Math.max(...lags);
}

function toNumber(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

function toBigint(text: string): bigint {
  return /^\d{1,19}$/.test(text) ? BigInt(text) : 0n;
}
