import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { CommonError } from "#platform/errors/common-error.ts";
import { createHolderName, type Lease, tryAcquireLease } from "#platform/lease/lease.ts";
import type { Redis } from "#platform/redis/redis.ts";

const stripes = 256;
const ttlMs = 5_000;
const pollMs = 50;
const waitMs = 12_000;

/**
 * One worker at a time for each payment, here and in other instances. Payments share leases by a digest of their
 * name, so that there are never more than 256 of them. What is written is guarded by its version besides: the lock
 * keeps calls to Billing Core in order.
 */
export class PaymentLocks {
  readonly #redis: Redis;
  readonly #onError: (error: unknown) => void;
  /** The last of those in this process that wait for a lease. */
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(redis: Redis, onError: (error: unknown) => void) {
    this.#redis = redis;
    this.#onError = onError;
  }

  /** @throws CommonError OVERLOADED if another holds it for too long, and what the work throws. */
  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const digest = createHash("sha256").update(name).digest();
    const key = `{admin}:payments:lease:${digest.readUInt16BE() % stripes}`;
    const before = this.#queues.get(key) ?? Promise.resolve();
    const own = before.then(() => this.#holding(key, work));
    const settled = own.catch(() => {});
    this.#queues.set(key, settled);
    try {
      return await own;
    } finally {
      if (this.#queues.get(key) === settled) this.#queues.delete(key);
    }
  }

  async #holding<T>(key: string, work: () => Promise<T>): Promise<T> {
    const lease = await this.#acquire(key);
    try {
      return await work();
    } finally {
      await lease.release();
    }
  }

  async #acquire(key: string): Promise<Lease> {
    const holder = createHolderName();
    const deadlineMs = Date.now() + waitMs;
    for (;;) {
      const attempt = await tryAcquireLease(
        { redis: this.#redis, key, ttlMs, onError: this.#onError },
        holder,
      );
      if (attempt.lease !== undefined) return attempt.lease;
      if (Date.now() > deadlineMs)
        throw new CommonError("OVERLOADED", "another instance is working on this payment", {
          retryAfterMs: attempt.freeInMs,
        });
      await sleep(Math.min(pollMs, attempt.freeInMs));
    }
  }
}
