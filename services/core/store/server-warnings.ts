import { ErrorReply } from "@redis/client";
import type { Redis } from "#platform/redis/redis.ts";
import type { ServerInfo } from "./server-info.ts";

/**
 * Sentences for the log: legal, but not what one would want for money. `minReplicas` is how many replicas calls
 * wait for.
 */
export async function readServerWarnings(
  redis: Redis,
  servers: readonly ServerInfo[],
  minReplicas: number,
): Promise<string[]> {
  const warnings = [
    ...servers.flatMap(memoryWarnings),
    ...(await syncWarnings(redis)),
    ...servers.flatMap((server) => replicaWarnings(server, minReplicas)),
    ...(minReplicas > 0 ? await replicaBoundWarnings(redis, minReplicas) : []),
  ];
  return [...new Set(warnings)];
}

function memoryWarnings({ maxmemoryBytes }: ServerInfo): string[] {
  return maxmemoryBytes > 0
    ? []
    : ["Redis has no memory limit: set maxmemory, so that a full machine refuses instead of being killed"];
}

function replicaWarnings({ replicas }: ServerInfo, minReplicas: number): string[] {
  return replicas >= minReplicas
    ? []
    : [`Redis has ${replicas} replicas, so no change is acknowledged: LEDGER_MIN_REPLICAS is ${minReplicas}`];
}

async function syncWarnings(redis: Redis): Promise<string[]> {
  const policies = await readDirective(redis, "appendfsync");
  if (policies === undefined) return ["Redis does not tell its appendfsync; make sure that it is always"];
  return policies
    .filter((policy) => policy !== "always")
    .map(
      (policy) =>
        `Redis has appendfsync ${policy}: a power cut may lose the last operations; always loses none`,
    );
}

async function replicaBoundWarnings(redis: Redis, minReplicas: number): Promise<string[]> {
  const bounds = await readDirective(redis, "min-replicas-to-write");
  if (bounds === undefined)
    return [`Redis does not tell its min-replicas-to-write; make sure that it is ${minReplicas}`];
  return bounds
    .filter((bound) => !(Number(bound) >= minReplicas))
    .map(
      (bound) =>
        `Redis has min-replicas-to-write ${bound}: with ${minReplicas} it refuses changes that would not be ` +
        "acknowledged, instead of making them",
    );
}

/** The values that primaries have, each once. INFO does not say them; undefined if a managed server does not tell. */
async function readDirective(redis: Redis, name: string): Promise<string[] | undefined> {
  try {
    const replies = await redis.onEveryPrimary<Record<string, string>>(["CONFIG", "GET", name]);
    return [...new Set(replies.map((reply) => reply[name] ?? "unknown"))];
  } catch (error) {
    if (!(error instanceof ErrorReply)) throw error;
    return undefined;
  }
}
