import type { RedisServerInfo } from "#platform/redis/server-info.ts";
import type { RedisProbe } from "../store/probe-redis.ts";
import { type Finding, type HealthStatus, worse } from "./component.ts";

/** Share of the memory limit, in percent, from which on the operator should act. */
const memoryAlarmPercent = 90n;
const replicaLagAlarmSeconds = 10;

/** A state that is not as it should be, most important first. */
interface RedisFault {
  readonly status: Exclude<HealthStatus, "serving">;
  /** The reason, if the server has this fault. */
  find(info: RedisServerInfo, appendFsync: string): string | false;
}

const faults: readonly RedisFault[] = [
  {
    status: "not_serving",
    find: (info) => info.isLoading && "still loads its data from disk",
  },
  {
    status: "not_serving",
    find: (info) => !info.isPrimary && "is a replica and takes no writes",
  },
  {
    status: "not_serving",
    find: (info) =>
      info.isAppendOnly &&
      !info.lastAppendSucceeded &&
      "could not write its append-only file and refuses writes",
  },
  {
    status: "degraded",
    find: (info) =>
      info.evictedKeys > 0n && `has evicted ${info.evictedKeys} keys since it started: money may be lost`,
  },
  {
    status: "degraded",
    find: (info) =>
      info.maxMemoryPolicy !== "" &&
      info.maxMemoryPolicy !== "noeviction" &&
      `may evict keys: its maxmemory-policy is ${info.maxMemoryPolicy} and must be noeviction`,
  },
  {
    status: "degraded",
    find: (info) => !info.isAppendOnly && "has no append-only file: a crash loses money",
  },
  {
    status: "degraded",
    find: (info, appendFsync) =>
      info.isAppendOnly &&
      appendFsync === "no" &&
      "leaves it to the system when a write reaches the disk (appendfsync no): a power cut loses money",
  },
  {
    status: "degraded",
    find: (info) => {
      if (info.maxMemoryBytes === 0n) return false;
      const percent = (info.usedMemoryBytes * 100n) / info.maxMemoryBytes;
      return percent >= memoryAlarmPercent && `uses ${percent} % of its memory limit`;
    },
  },
  {
    status: "degraded",
    find: (info) =>
      (info.replicaLagSeconds ?? 0) > replicaLagAlarmSeconds &&
      `has a replica that is ${info.replicaLagSeconds} s behind`,
  },
];

/** What the probe says about each server, or about Redis as a whole if it did not answer. */
export function judgeRedis(probe: RedisProbe): Finding[] {
  const common = { component: "redis", checkedAtMs: probe.checkedAtMs, latencyMs: probe.latencyMs } as const;
  if (probe.fault !== undefined) {
    return [
      {
        ...common,
        address: probe.address,
        status: "not_serving",
        reasons: [`does not answer: ${probe.fault}`],
        version: "",
        startedAtMs: undefined,
      },
    ];
  }
  return probe.servers.map((server) => ({
    ...common,
    address: server.address,
    ...judgeServer(server.info, probe.appendFsync),
    version: server.info.version,
    startedAtMs: probe.checkedAtMs - server.info.uptimeSeconds * 1_000,
  }));
}

function judgeServer(
  info: RedisServerInfo,
  appendFsync: string,
): { status: HealthStatus; reasons: string[] } {
  let status: HealthStatus = "serving";
  const reasons: string[] = [];
  for (const fault of faults) {
    const reason = fault.find(info, appendFsync);
    if (reason === false) continue;
    status = worse(status, fault.status);
    reasons.push(reason);
  }
  return { status, reasons };
}
