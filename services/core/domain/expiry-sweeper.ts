import { type Clock, systemClock } from "#platform/clock/clock.ts";
import { bucketCount } from "#platform/redis/buckets.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { type DueExpiry, findDueCall } from "../store/calls/find-due.ts";
import { type ExpiryKind, expiryTaskOf, readLatestServerTimeMs } from "../store/expiry-index.ts";
import { bucketKeys } from "../store/keys.ts";
import type { LedgerStore } from "../store/ledger-store.ts";
import { LedgerFault } from "../store/store-fault.ts";
import { EndlessRounds } from "./endless-rounds.ts";

/** What a sweeper needs, and who hears of its work. */
export interface ExpirySweeperOptions {
  readonly redis: Redis;
  readonly store: LedgerStore;
  readonly observer: SweepObserver;
  readonly clock?: Clock;
}

/** Hears of the sweeper's work. */
export interface SweepObserver {
  /** An expiry was performed, `lagMs` after its time. */
  performed(kind: ExpiryKind, lagMs: number): void;
  /** A round ended: expiries found due, and how late the oldest was. */
  swept(due: number, oldestLagMs: number): void;
  /** An expiry can't be performed; the others go on, and it is tried again later. */
  stuck(member: string, error: unknown): void;
  /** A round could not be ended, for example because Redis does not answer. */
  failed(error: unknown): void;
}

/** Most expiries of one bucket in one round, so that none waits for another's backlog. */
const perBucket = 64;
/** Most indexes that one call reads, so that a backlog in all of them keeps Redis about a millisecond at a time. */
const indexesPerCall = 64;
/** Most expiries under way at once; more would make calls of customers wait. */
const atOnce = 256;
const idlePauseMs = 200;
const retry = { firstMs: 100, maxMs: 5_000 } as const;
/** After how long a stuck expiry is tried again. */
const stuckRetryMs = 60_000;

/**
 * Performs expiries of holds and grants soon after their time, for ever.
 *
 * The functions go by the clock of Redis and have the effect of once however often they run, so the sweeper
 * decides nothing: every instance sweeps, without a lease, in an order of buckets of its own. That costs a look
 * at 256 mostly empty indexes in each round and leaves no gap when an instance dies.
 */
export class ExpirySweeper {
  readonly #redis: Redis;
  readonly #store: LedgerStore;
  readonly #observer: SweepObserver;
  readonly #clock: Clock;
  readonly #rounds: EndlessRounds;
  /** Stuck expiries by bucket. They stay at the head of its index, where the others before them have gone. */
  readonly #stuck = new Map<number, number>();
  #stuckSinceMs = 0;

  constructor({ redis, store, observer, clock = systemClock }: ExpirySweeperOptions) {
    this.#redis = redis;
    this.#store = store;
    this.#observer = observer;
    this.#clock = clock;
    this.#rounds = new EndlessRounds({
      round: async (signal) => ((await this.#sweep(signal)) > 0 ? 0 : idlePauseMs),
      failed: (error) => observer.failed(error),
      retry,
      clock,
    });
  }

  /** Begins to sweep. */
  start(): void {
    this.#rounds.start();
  }

  /** Ends after the expiries under way. */
  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  /** One round over all buckets, bounded by {@link perBucket}; gives the number of expiries performed. */
  async #sweep(signal: AbortSignal): Promise<number> {
    this.#retryStuck();
    const nowMs = await readLatestServerTimeMs(this.#redis);
    const first = Math.floor(Math.random() * bucketCount);
    const buckets = Array.from({ length: bucketCount }, (_, index) => (first + index) % bucketCount);
    const due = await this.#findDue(buckets, nowMs);
    let performed = 0;
    for (let start = 0; start < due.length && !signal.aborted; start += atOnce) {
      const outcomes = await Promise.all(
        due.slice(start, start + atOnce).map((expiry) => this.#perform(expiry)),
      );
      performed += outcomes.filter(Boolean).length;
    }
    const oldestMs = due.reduce((oldest, { expiresMs }) => Math.min(oldest, expiresMs), nowMs);
    this.#observer.swept(due.length, nowMs - oldestMs);
    return performed;
  }

  /** What is due in these buckets; one call looks at as many as may go in one. */
  async #findDue(buckets: readonly number[], nowMs: number): Promise<DueExpiry[]> {
    const groups = Map.groupBy(buckets, (bucket) => this.#redis.groupOf(bucketKeys(bucket).expiryIndex));
    const calls = [...groups.values()].flatMap((group) => {
      const indexes = group.map((bucket) => ({ bucket, skip: this.#stuck.get(bucket) ?? 0 }));
      const parts = Array.from({ length: Math.ceil(indexes.length / indexesPerCall) }, (_, part) =>
        indexes.slice(part * indexesPerCall, (part + 1) * indexesPerCall),
      );
      return parts.map((part) => this.#store.run(findDueCall(part, nowMs, perBucket)));
    });
    return (await Promise.all(calls)).flat();
  }

  /** Whether this call performed it: another instance, a commit or a release may have been there before. */
  async #perform({ member, expiresMs, bucket }: DueExpiry): Promise<boolean> {
    const task = expiryTaskOf(member);
    try {
      if (task === undefined) throw new LedgerFault("the expiry index has a member of an unknown form");
      const result = await this.#store.run(task.call);
      if (result.outcome !== "EXPIRED") return false;
      this.#observer.performed(task.kind, result.entry.timeMs - expiresMs);
      return true;
    } catch (error) {
      if (isUnavailable(error)) throw error;
      this.#stuck.set(bucket, (this.#stuck.get(bucket) ?? 0) + 1);
      this.#observer.stuck(member, error);
      return false;
    }
  }

  #retryStuck(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#stuckSinceMs < stuckRetryMs) return;
    this.#stuck.clear();
    this.#stuckSinceMs = nowMs;
  }
}

function isUnavailable(error: unknown): boolean {
  return (error as { reason?: unknown }).reason === "STORE_UNAVAILABLE";
}
