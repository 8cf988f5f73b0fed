import { backoffMs } from "#platform/clock/backoff.ts";
import { type Clock, pause, systemClock } from "#platform/clock/clock.ts";
import { isLaterPosition } from "#platform/feed/feed.ts";
import { bucketOf } from "#platform/redis/buckets.ts";
import type { Redis } from "#platform/redis/redis.ts";
import type { JournalReader } from "../../store/journal-reader.ts";
import { type OutboxRead, readOutboxes, readOutboxSpan } from "../../store/outbox.ts";
import { AccountChannel } from "./account-channel.ts";
import { Subscription } from "./subscription.ts";

/** What the hub stands on. */
export interface BalanceHubOptions {
  /** The hub opens a connection of its own with the same settings. */
  readonly redis: Redis;
  readonly journal: JournalReader;
  /** Told of what went wrong; the hub goes on. */
  readonly onError: (error: unknown) => void;
  readonly clock?: Clock;
}

/** How long one reading waits: bounds the delay of a bucket's first watcher and of `stop`. */
const blockMs = 100;
/** How long the hub rests on a cluster, where readings don't wait. */
const restMs = 20;
/** How often it looks whether an outbox was trimmed before it was read. */
const spanCheckMs = 1_000;
const retry = { firstMs: 20, maxMs: 1_000 } as const;

/** A bucket that has watchers. */
interface FollowedBucket {
  position: string;
  readonly channels: Map<string, AccountChannel>;
}

/**
 * Follows the outboxes of the buckets that have watchers, for all watchers of this process: a change costs one
 * reading of Redis, however many watch. Nothing is missed: readings go on where they ended, and what an outbox
 * lost, or a connection may have, is read from the journal.
 */
export class BalanceHub {
  readonly #options: BalanceHubOptions;
  readonly #clock: Clock;
  readonly #buckets = new Map<number, Promise<FollowedBucket>>();
  readonly #followed = new Map<number, FollowedBucket>();
  readonly #stopping = new AbortController();
  readonly #work: Promise<void>;
  #wake: (() => void) | undefined;
  #confirmedMs = 0;

  constructor(options: BalanceHubOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#work = this.#run();
  }

  /** When the last reading began that succeeded, epoch milliseconds: what was published before it is known. */
  get confirmedMs(): number {
    return this.#confirmedMs;
  }

  /**
   * Begins to collect the changes of an account. A balance that is read after it has every change that is not
   * collected; `begin` of the channel is to be told its sequence. STORE_UNAVAILABLE.
   */
  async subscribe(accountId: string): Promise<{ subscription: Subscription; channel: AccountChannel }> {
    const bucket = bucketOf(accountId);
    const followed = await this.#follow(bucket);
    const channel = followed.channels.get(accountId) ?? new AccountChannel(accountId, this.#options.journal);
    followed.channels.set(accountId, channel);
    if (!this.#followed.has(bucket)) {
      this.#followed.set(bucket, followed);
      this.#buckets.set(bucket, Promise.resolve(followed));
    }
    const subscription = new Subscription();
    channel.subscriptions.add(subscription);
    this.#wake?.();
    return { subscription, channel };
  }

  /** Ends what {@link subscribe} began. */
  unsubscribe(channel: AccountChannel, subscription: Subscription): void {
    channel.subscriptions.delete(subscription);
    if (channel.subscriptions.size > 0) return;
    const bucket = bucketOf(channel.accountId);
    const followed = this.#followed.get(bucket);
    if (followed?.channels.get(channel.accountId) !== channel) return;
    followed.channels.delete(channel.accountId);
    if (followed.channels.size > 0) return;
    this.#followed.delete(bucket);
    this.#buckets.delete(bucket);
  }

  /** Resolves when nothing is read any more and the connection is closed. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake?.();
    await this.#work;
  }

  /** Where the bucket is read from: its end before the first watcher's balance is read. */
  #follow(bucket: number): Promise<FollowedBucket> {
    const known = this.#buckets.get(bucket);
    if (known !== undefined) return known;
    const following = readOutboxSpan(this.#options.redis, bucket).then(({ lastId }) => ({
      position: lastId,
      channels: new Map<string, AccountChannel>(),
    }));
    this.#buckets.set(bucket, following);
    following.catch(() => this.#buckets.delete(bucket));
    return following;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let connection: Redis | undefined;
    let spansCheckedMs = 0;
    for (let failures = 0; !signal.aborted; ) {
      try {
        connection ??= await this.#options.redis.duplicate();
        if (failures > 0) await this.#catchUp(this.#channels());
        if (this.#clock.monotonicMs() - spansCheckedMs >= spanCheckMs) {
          await this.#checkSpans(connection);
          spansCheckedMs = this.#clock.monotonicMs();
        }
        await this.#readOnce(connection);
        failures = 0;
      } catch (error) {
        if (signal.aborted) break;
        failures += 1;
        this.#options.onError(error);
        await pause(this.#clock, backoffMs(failures, retry), signal);
      }
    }
    await connection?.close();
  }

  async #readOnce(connection: Redis): Promise<void> {
    if (this.#followed.size === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (this.#stopping.signal.aborted) resolve();
      });
      this.#wake = undefined;
      return;
    }
    const positions = new Map([...this.#followed].map(([bucket, { position }]) => [bucket, position]));
    const beganMs = this.#clock.nowMs();
    const reads = await readOutboxes(connection, positions, blockMs);
    for (const read of reads) await this.#deliver(read);
    this.#confirmedMs = beganMs;
    if (reads.length === 0 && connection.isCluster) await pause(this.#clock, restMs, this.#stopping.signal);
  }

  async #deliver({ bucket, position, published }: OutboxRead): Promise<void> {
    const followed = this.#followed.get(bucket);
    if (followed === undefined) return;
    for (const { accountId, entry } of published) await followed.channels.get(accountId)?.publish(entry);
    // Only now: what failed on the way is read again, and what was passed on already is ignored then.
    followed.position = position;
  }

  /** Finds what was trimmed before it was read, and a store that came back with less than it had. */
  async #checkSpans(connection: Redis): Promise<void> {
    const checks = [...this.#followed.values()].map((followed) => ({
      followed,
      position: followed.position,
    }));
    const spans = await Promise.all(
      [...this.#followed.keys()].map((bucket) => readOutboxSpan(connection, bucket)),
    );
    for (const [index, { firstId, lastId }] of spans.entries()) {
      const { followed, position } = checks[index]!;
      const wentBack = isLaterPosition(position, lastId);
      const mayMiss =
        isLaterPosition(lastId, position) && (firstId === undefined || isLaterPosition(firstId, position));
      if (!wentBack && !mayMiss) continue;
      await this.#catchUp([...followed.channels.values()]);
      if (wentBack || firstId === undefined) followed.position = lastId;
    }
  }

  #channels(): AccountChannel[] {
    return [...this.#followed.values()].flatMap(({ channels }) => [...channels.values()]);
  }

  async #catchUp(channels: readonly AccountChannel[]): Promise<void> {
    const atOnce = 32;
    for (let start = 0; start < channels.length; start += atOnce)
      await Promise.all(channels.slice(start, start + atOnce).map((channel) => channel.catchUp()));
  }
}
