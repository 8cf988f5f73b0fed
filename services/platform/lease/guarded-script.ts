import { ErrorReply } from "@redis/client";
import type { Redis, RedisArgument } from "../redis/redis.ts";
import { createScript, readLua, runScript, type Script, type ScriptKind } from "../redis/script.ts";
import { type Lease, LeaseLost } from "./lease.ts";

/** A script that changes something only for the present holder of a lease. */
export interface GuardedScript {
  readonly fenced: Script;
}

const fence = readLua(import.meta.url, "./scripts/fence.lua");

/** As {@link createScript}, behind a check of the lease; KEYS and ARGV of the parts begin with their own. */
export function createGuardedScript(kind: ScriptKind, ...parts: readonly string[]): GuardedScript {
  return { fenced: createScript(kind, fence, ...parts) };
}

/**
 * Runs a guarded script as the holder of a lease: checked here, and again by the token in the same step as the
 * writes, so that a holder that was paused in between changes nothing once another has taken over. An expired
 * lease that nobody took does no harm and passes.
 *
 * @param keys in the slot of the lease's key.
 * @throws LeaseLost: nothing was changed.
 */
export async function runGuarded<T = unknown>(
  redis: Redis,
  lease: Lease,
  { fenced }: GuardedScript,
  keys: readonly string[],
  args: readonly RedisArgument[],
): Promise<T> {
  lease.assertHeld();
  try {
    return await runScript<T>(redis, fenced, [lease.key, ...keys], [lease.token, ...args]);
  } catch (error) {
    if (!(error instanceof ErrorReply) || !error.message.startsWith("LEASE_LOST")) throw error;
    lease.markLost(error);
    throw new LeaseLost(`${lease.key}: another took it`, { cause: error });
  }
}
