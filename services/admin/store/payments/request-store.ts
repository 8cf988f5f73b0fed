import type { Redis } from "#platform/redis/redis.ts";
import { createScript, runScript } from "#platform/redis/script.ts";

/** How long a request is remembered: more than the 48 hours of the contract. */
const keptMs = 7 * 86_400_000;

const keyOf = (name: string) => `{admin}:payments:request:${name}`;

const beginScript = createScript(
  "write",
  `-- KEYS[1] request, a hash: fingerprint, answer.  ARGV fingerprint, time to live in ms.  Reply {fingerprint, answer}
   if redis.call('HSETNX', KEYS[1], 'fingerprint', ARGV[1]) == 1 then
     redis.call('PEXPIRE', KEYS[1], ARGV[2])
   end
   return redis.call('HMGET', KEYS[1], 'fingerprint', 'answer')`,
);

/** Requests by their idempotency keys. */
export class RequestStore {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** Claims a name; gives what it was claimed with first, and the answer if there is one. */
  async begin(
    name: string,
    fingerprint: string,
  ): Promise<{ fingerprint: string; answer: string | undefined }> {
    const [first, answer] = await runScript<[string, string | null]>(
      this.#redis,
      beginScript,
      [keyOf(name)],
      [fingerprint, String(keptMs)],
    );
    return { fingerprint: first, answer: answer ?? undefined };
  }

  async finish(name: string, answer: string): Promise<void> {
    await this.#redis.command(keyOf(name), ["HSET", keyOf(name), "answer", answer]);
  }

  async forget(name: string): Promise<void> {
    await this.#redis.command(keyOf(name), ["DEL", keyOf(name)]);
  }
}
