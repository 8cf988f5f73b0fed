import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { ErrorReply } from "@redis/client";
import type { Redis, RedisArgument } from "./redis.ts";

/**
 * How Redis treats a script: `write` is refused as a whole when memory is full, `write-always` is not (for what
 * frees memory or must go on meanwhile), `read` may not write.
 */
export type ScriptKind = "write" | "write-always" | "read";

const shebangs: Readonly<Record<ScriptKind, string>> = {
  // With the shebang a lack of memory is found before the script starts, without it at some write in its midst.
  write: "#!lua",
  "write-always": "#!lua flags=allow-oom",
  read: "#!lua flags=no-writes",
};

/** A Lua script that Redis runs as one step. */
export interface Script {
  readonly source: string;
  readonly sha1: string;
}

/** Joins parts of Lua to one script: what the later parts use stands in the earlier ones as `local`. */
export function createScript(kind: ScriptKind, ...parts: readonly string[]): Script {
  const source = `${shebangs[kind]}\n${parts.join("\n")}`;
  return { source, sha1: createHash("sha1").update(source).digest("hex") };
}

/** Reads Lua that lies beside a module, as in `readLua(import.meta.url, "./scripts/acquire.lua")`. */
export function readLua(moduleUrl: string, path: string): string {
  return readFileSync(new URL(path, moduleUrl), "utf8");
}

/**
 * Runs a script by its digest, and with its text where Redis does not know it (yet, or after a restart).
 *
 * @param keys at least one, all in one slot.
 * @throws ErrorReply if Redis or the script refused.
 * @throws CommonError STORE_UNAVAILABLE: no answer, and it is unknown whether it ran, or not able to now.
 */
export async function runScript<T = unknown>(
  redis: Redis,
  script: Script,
  keys: readonly string[],
  args: readonly RedisArgument[],
): Promise<T> {
  const [routingKey] = keys;
  if (routingKey === undefined) throw new RangeError("a script needs a key to find its server");
  const parameters = [String(keys.length), ...keys, ...args];
  try {
    return await redis.command<T>(routingKey, ["EVALSHA", script.sha1, ...parameters]);
  } catch (error) {
    if (!(error instanceof ErrorReply) || !error.message.startsWith("NOSCRIPT")) throw error;
    return redis.command<T>(routingKey, ["EVAL", script.source, ...parameters]);
  }
}
