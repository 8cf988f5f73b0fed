import type { RedisServerInfo } from "#platform/redis/server-info.ts";
import type { RedisProbe } from "../store/probe-redis.ts";

/** How Redis keeps the ledger, over all servers that take writes; each figure the worst of them. */
export interface RedisSummary {
  /** "redis" or "valkey". */
  readonly product: string;
  readonly usedMemoryBytes: bigint;
  readonly maxMemoryBytes: bigint;
  readonly evictedKeys: bigint;
  readonly isAppendOnly: boolean;
  readonly appendFsync: string;
  readonly lastAppendSucceeded: boolean;
  readonly primaryCount: number;
  readonly replicaCount: number;
  readonly replicaLagSeconds: number | undefined;
}

/** Undefined if Redis did not answer. */
export function summarizeRedis(probe: RedisProbe): RedisSummary | undefined {
  const infos = probe.servers.map(({ info }) => info);
  const [first, ...others] = infos;
  if (first === undefined) return undefined;
  const fullest = others.reduce((fuller, next) => (isFuller(next, fuller) ? next : fuller), first);
  const lags = infos.map((info) => info.replicaLagSeconds).filter((lag) => lag !== undefined);
  return {
    product: first.product,
    usedMemoryBytes: fullest.usedMemoryBytes,
    maxMemoryBytes: fullest.maxMemoryBytes,
    evictedKeys: infos.reduce((sum, info) => sum + info.evictedKeys, 0n),
    isAppendOnly: infos.every((info) => info.isAppendOnly),
    appendFsync: probe.appendFsync,
    lastAppendSucceeded: infos.every((info) => info.lastAppendSucceeded),
    primaryCount: infos.filter((info) => info.isPrimary).length,
    replicaCount: infos.reduce((sum, info) => sum + info.replicaCount, 0),
    replicaLagSeconds: lags.length === 0 ? undefined : Math.max(...lags),
  };
}

/** By the share of the limit; without limits by bytes. */
function isFuller(left: RedisServerInfo, right: RedisServerInfo): boolean {
  if (left.maxMemoryBytes === 0n || right.maxMemoryBytes === 0n)
    return left.usedMemoryBytes > right.usedMemoryBytes;
  return left.usedMemoryBytes * right.maxMemoryBytes > right.usedMemoryBytes * left.maxMemoryBytes;
}
