import { randomUUID } from "node:crypto";
import type { Redis } from "#platform/redis/redis.ts";
import { createScript, runScript } from "#platform/redis/script.ts";
import { adminTag } from "./admin-tag.ts";

const releaseScript = createScript(
  "write-always",
  `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`,
);

/** Locks on requests that must not run twice at the same time. */
export class RequestLockStore {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** The function that frees the lock, or undefined while somebody else holds it. It frees itself after `ttlMs`. */
  async take(name: string, ttlMs: number): Promise<(() => Promise<void>) | undefined> {
    const key = `{${adminTag}}:request:${name}`;
    const holder = randomUUID();
    const command = ["SET", key, holder, "NX", "PX", String(ttlMs)];
    if ((await this.#redis.command<string | null>(key, command)) === null) return undefined;
    return async () => {
      await runScript(this.#redis, releaseScript, [key], [holder]);
    };
  }
}
