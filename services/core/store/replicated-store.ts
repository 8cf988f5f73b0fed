import { functionCommand, type Redis } from "#platform/redis/redis.ts";
import { ReplicatedCalls } from "#platform/redis/replicated-calls.ts";
import { libraryName } from "./function-library.ts";
import { genesisKeyOf } from "./keys.ts";

/** Longest wait for replicas; a healthy one answers within a round trip. */
const waitMs = 1_000;

/** The way of calls that are acknowledged only once `minReplicas` replicas have them. */
export function openReplicatedCalls(
  redis: Redis,
  minReplicas: number,
  onUnconfirmed?: (calls: number) => void,
): Promise<ReplicatedCalls> {
  return ReplicatedCalls.open(redis, {
    minReplicas,
    waitMs,
    touch: (key) => functionCommand(`${libraryName}_touch`, [genesisKeyOf(key)], []),
    ...(onUnconfirmed && { onUnconfirmed }),
  });
}
