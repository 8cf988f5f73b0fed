import { backoffMs } from "#platform/clock/backoff.ts";
import { type Clock, pause, systemClock } from "#platform/clock/clock.ts";
import { CommonError } from "#platform/errors/common-error.ts";
import { bucketCount } from "#platform/redis/buckets.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { examineBuckets } from "./bucket-examination.ts";
import type { Genesis } from "./genesis.ts";
import { bucketOfKey } from "./keys.ts";
import { type LedgerStoreCheck, LedgerStoreUnfit, openLedgerGate } from "./startup-gate.ts";

/** Hears of what the gate does while the service runs. */
export interface GateObserver {
  /** Buckets can't be served, for these reasons. */
  closed(reasons: readonly string[]): void;
  /** All buckets are served again. */
  opened(): void;
  /** Buckets are on a primary that was a replica before: acknowledged writes may be lost. */
  failedOver(buckets: number): void;
}

const retry = { firstMs: 50, maxMs: 1_000 } as const;
const retryAfterMs = 250;
const untested = "it is examined after a lost connection";

/**
 * Lets commands through to the buckets that are known to be this ledger's. Whenever a connection was lost a
 * primary may have come back empty, with an old state, or be another one; so all buckets are closed before the
 * next command can run, and each opens again once it is examined. Those of a server that is down stay closed,
 * the others are served.
 */
export class LedgerGate {
  /** The way to Redis through the gate; its duplicates lead through it too. */
  readonly redis: Redis;
  readonly #connection: Redis;
  readonly #observer: GateObserver;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  /** Why each closed bucket is closed. */
  readonly #closed = new Map<number, string>();
  readonly #epochs = new Map<number, number>();
  #ledger: Genesis | undefined;
  /** Counts lost connections: what was found before the last one says nothing. */
  #losses = 0;
  #attempt: Promise<void> | undefined;
  #reopening: Promise<void> | undefined;

  constructor(connection: Redis, observer: GateObserver, clock: Clock = systemClock) {
    this.#connection = connection;
    this.#observer = observer;
    this.#clock = clock;
    this.#closeAll("the ledger is not open yet");
    this.redis = this.#guard(connection);
  }

  /**
   * Opens it at the start, on an empty database by making that a ledger. `minReplicas` is how many replicas calls
   * will wait for.
   *
   * @throws LedgerStoreUnfit if money must not be kept there.
   */
  async open(minReplicas = 0): Promise<LedgerStoreCheck> {
    const check = await openLedgerGate(this.#connection, minReplicas);
    this.#ledger = check.genesis;
    await this.#examine(check.genesis);
    if (this.#closed.size > 0) throw new LedgerStoreUnfit(this.reasons());
    return check;
  }

  /** Why buckets are closed, as sentences; empty if all are open. */
  reasons(): string[] {
    const counts = new Map<string, number>();
    for (const reason of this.#closed.values()) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    return [...counts].map(([reason, count]) => `${count} of ${bucketCount} buckets: ${reason}`);
  }

  /** Ends the examination under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#reopening;
  }

  #guard(redis: Redis): Redis {
    redis.onConnectionChange(() => this.#distrust());
    const pass = <T>(key: string, command: () => Promise<T>): Promise<T> =>
      this.#closed.size === 0 || !this.#closed.has(bucketOfKey(key) ?? -1)
        ? command()
        : this.#waitFor(bucketOfKey(key)!).then(() => pass(key, command));
    return {
      ...redis,
      // While some buckets are closed a call for others must not wait for them.
      groupOf: (key) => (this.#closed.size === 0 ? redis.groupOf(key) : String(bucketOfKey(key))),
      command: (key, args) => pass(key, () => redis.command(key, args)),
      callFunction: (name, keys, args) => pass(keys[0] ?? "", () => redis.callFunction(name, keys, args)),
      connectionFor: (key) => pass(key, () => redis.connectionFor(key)),
      duplicate: async () => this.#guard(await redis.duplicate()),
    };
  }

  /** Returns once a bucket is open: at once, or after the examination under way. STORE_UNAVAILABLE. */
  async #waitFor(bucket: number): Promise<void> {
    await this.#attempt;
    const reason = this.#closed.get(bucket);
    if (reason !== undefined) throw new CommonError("STORE_UNAVAILABLE", reason, { retryAfterMs });
  }

  #distrust(): void {
    this.#losses += 1;
    this.#closeAll(untested);
    if (this.#ledger !== undefined) this.#reopening ??= this.#reopen(this.#ledger);
  }

  #closeAll(reason: string): void {
    for (let bucket = 0; bucket < bucketCount; bucket++) this.#closed.set(bucket, reason);
  }

  /** Examines until all is open. */
  async #reopen(ledger: Genesis): Promise<void> {
    const { signal } = this.#stopping;
    let told = "";
    for (let attempts = 1; this.#closed.size > 0 && !signal.aborted; attempts++) {
      this.#attempt = this.#examine(ledger);
      await this.#attempt;
      const reasons = this.reasons();
      if (reasons.length > 0 && reasons.join() !== told) this.#observer.closed(reasons);
      told = reasons.join();
      if (this.#closed.size > 0) await pause(this.#clock, backoffMs(attempts, retry), signal);
    }
    this.#reopening = undefined;
    if (told === "" && !signal.aborted) this.#observer.opened();
  }

  async #examine(ledger: Genesis): Promise<void> {
    const losses = this.#losses;
    const findings = await examineBuckets(this.#connection, ledger, [...this.#closed.keys()]);
    if (losses !== this.#losses) return;
    let failedOver = 0;
    for (const [bucket, finding] of findings) {
      const reason = "reason" in finding ? finding.reason : this.#oldStateReason(bucket, finding.epoch);
      if (reason !== undefined) {
        this.#closed.set(bucket, reason);
        continue;
      }
      const { epoch } = finding as { epoch: number };
      if (epoch > (this.#epochs.get(bucket) ?? epoch)) failedOver += 1;
      this.#epochs.set(bucket, epoch);
      this.#closed.delete(bucket);
    }
    if (failedOver > 0) this.#observer.failedOver(failedOver);
  }

  /** A primary from before a failover must not serve after it. */
  #oldStateReason(bucket: number, epoch: number): string | undefined {
    const known = this.#epochs.get(bucket) ?? epoch;
    return epoch < known
      ? `its epoch is ${epoch} where ${known} was seen: a primary from before a failover is back`
      : undefined;
  }
}
