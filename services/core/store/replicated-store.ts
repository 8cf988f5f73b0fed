import { functionCommand, type Redis } from "#platform/redis/redis.ts";
import { ReplicatedCalls } from "#platform/redis/replicated-calls.ts";
import { libraryName } from "./function-library.ts";
import { genesisKeyOf } from "./keys.ts";

/** Longest wait for replicas, of the wait for a reply; a healthy one answers within a round trip. */
const shareOfReply = 0.4;

/** The way of calls that are acknowledged only once `minReplicas` replicas have them. */
export function openReplicatedCalls(
  redis: Redis,
  minReplicas: number,
  onUnconfirmed?: (calls: number) => void,
): Promise<ReplicatedCalls> {
  return ReplicatedCalls.open(redis, {
    minReplicas,
    waitMs: Math.floor(redis.commandTimeoutMs * shareOfReply),
    touch: (key) => functionCommand(`${libraryName}_touch`, [genesisKeyOf(key)], []),
    ...(onUnconfirmed && { onUnconfirmed }),
  });
}
