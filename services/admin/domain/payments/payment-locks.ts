import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { CommonError } from "#platform/errors/common-error.ts";
import { createHolderName, type Lease, tryAcquireLease } from "#platform/lease/lease.ts";
import type { Redis } from "#platform/redis/redis.ts";

const stripes = 256;
const ttlMs = 5_000;
const pollMs = 50;
/**
 * Each call within the work has a bound of its own. Together they fit into the time that the queue gives an event, so
 * that what took too long is noted.
 */
const usualBounds = { waitMs: 12_000, workMs: 40_000 } as const;

/** How long to wait for those before, and for work, in milliseconds. */
export interface LockBounds {
  readonly waitMs: number;
  readonly workMs: number;
}

/**
 * One worker at a time for each payment, here and in other instances. Payments share leases by a digest of their
 * name, so that there are never more than 256 of them. What is written is guarded by its version besides: the lock
 * keeps calls to Billing Core in order.
 */
export class PaymentLocks {
  readonly #redis: Redis;
  readonly #onError: (error: unknown) => void;
  readonly #bounds: LockBounds;
  /** The last of those in this process that wait for a lease. */
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(redis: Redis, onError: (error: unknown) => void, bounds: LockBounds = usualBounds) {
    this.#redis = redis;
    this.#onError = onError;
    this.#bounds = bounds;
  }

  /**
   * @throws CommonError OVERLOADED if others take too long, Error if the work does, and what the work throws. Work
   *   that took too long is not waited for any more; what it still writes is guarded by the versions.
   */
  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const digest = createHash("sha256").update(name).digest();
    const key = `{admin}:payments:lease:${digest.readUInt16BE() % stripes}`;
    const before = this.#queues.get(key) ?? Promise.resolve();
    const { waitMs } = this.#bounds;
    const deadlineMs = Date.now() + waitMs;
    const own = within(waitMs, before, () => overloaded(waitMs)).then(() =>
      this.#holding(key, deadlineMs, work),
    );
    const settled = own.catch(() => {});
    this.#queues.set(key, settled);
    try {
      return await own;
    } finally {
      if (this.#queues.get(key) === settled) this.#queues.delete(key);
    }
  }

  async #holding<T>(key: string, deadlineMs: number, work: () => Promise<T>): Promise<T> {
    const { workMs } = this.#bounds;
    const lease = await this.#acquire(key, deadlineMs);
    try {
      return await within(
        workMs,
        work(),
        () => new Error(`work on the payment did not end within ${workMs / 1_000} s`),
      );
    } finally {
      await lease.release();
    }
  }

  async #acquire(key: string, deadlineMs: number): Promise<Lease> {
    const holder = createHolderName();
    for (;;) {
      const attempt = await tryAcquireLease(
        { redis: this.#redis, key, ttlMs, onError: this.#onError },
        holder,
      );
      if (attempt.lease !== undefined) return attempt.lease;
      if (Date.now() > deadlineMs) throw overloaded(attempt.freeInMs);
      await sleep(Math.min(pollMs, attempt.freeInMs));
    }
  }
}

async function within<T>(mostMs: number, waited: Promise<T>, failure: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(failure()), mostMs);
  });
  try {
    return await Promise.race([waited, late]);
  } finally {
    clearTimeout(timer);
  }
}

function overloaded(retryAfterMs: number): CommonError {
  return new CommonError("OVERLOADED", "others are working on this payment", { retryAfterMs });
}
