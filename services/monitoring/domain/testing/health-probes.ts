/** What probes find of parts that are well, as a base for tests. */
import { parseServerInfo, type RedisServerInfo } from "#platform/redis/server-info.ts";
import type { RedisProbe } from "../../store/probe-redis.ts";
import type { Finding, HealthStatus } from "../component.ts";

const goodInfo: RedisServerInfo = {
  ...parseServerInfo("redis_version:7.0.15\nrole:master\naof_enabled:1\naof_last_write_status:ok\n"),
  usedMemoryBytes: 50n,
  maxMemoryBytes: 100n,
  maxMemoryPolicy: "noeviction",
  uptimeSeconds: 3,
};

export function redisProbe(infos: Partial<RedisServerInfo>[], appendFsync = "always"): RedisProbe {
  const servers = infos.map((info, index) => ({
    address: `redis-${index}:6379`,
    info: { ...goodInfo, ...info },
  }));
  return {
    address: "redis:6379",
    checkedAtMs: 5_000,
    latencyMs: 0.4,
    servers,
    appendFsync,
    fault: undefined,
  };
}

export function finding(
  component: Finding["component"],
  status: HealthStatus = "serving",
  reasons: readonly string[] = [],
  checkedAtMs = 0,
): Finding {
  const rest = { address: component, latencyMs: 1, version: "1.0.0", startedAtMs: undefined };
  return { component, status, reasons, checkedAtMs, ...rest };
}
