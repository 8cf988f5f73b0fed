import { type Clock, pause, systemClock } from "#platform/clock/clock.ts";
import { bucketCount } from "#platform/redis/buckets.ts";
import { type OutboxBounds, type TrimmedOutbox, trimOutboxCall } from "../store/calls/trim-outbox.ts";
import type { LedgerStore } from "../store/ledger-store.ts";
import { EndlessRounds } from "./endless-rounds.ts";

/** What a trimmer needs, and who hears of its work. */
export interface OutboxTrimmerOptions {
  readonly store: LedgerStore;
  readonly bounds: Omit<OutboxBounds, "tailMs">;
  readonly observer: TrimObserver;
  readonly clock?: Clock;
}

/** Hears of the trimmer's work. */
export interface TrimObserver {
  /** A round over all buckets ended: entries removed, the longest outbox left, how many readers are lagged. */
  trimmed(removed: number, longest: number, laggedReaders: number): void;
  /** A reader was marked, since it is silent or too far behind. */
  lagged(readerId: string, bucket: number): void;
  /** A round could not be ended, for example because Redis does not answer. */
  failed(error: unknown): void;
}

/** Watchers of balances read within 100 ms; what they miss they read from the journal. */
const tailMs = 5_000;
const groupSize = 16;
/** Time between two groups: a round over all buckets takes about 2 s. */
const groupPauseMs = 125;
const retry = { firstMs: 500, maxMs: 10_000 } as const;

/**
 * Keeps the outboxes short, for ever. A trim has the effect of once however often it runs, so every instance
 * trims, without a lease, a few buckets at a time, beginning with one of its own.
 */
export class OutboxTrimmer {
  readonly #store: LedgerStore;
  readonly #bounds: OutboxBounds;
  readonly #observer: TrimObserver;
  readonly #clock: Clock;
  readonly #rounds: EndlessRounds;

  constructor({ store, bounds, observer, clock = systemClock }: OutboxTrimmerOptions) {
    this.#store = store;
    this.#bounds = { ...bounds, tailMs };
    this.#observer = observer;
    this.#clock = clock;
    this.#rounds = new EndlessRounds({
      round: async (signal) => {
        await this.#trimAll(signal);
        return 0;
      },
      failed: (error) => observer.failed(error),
      retry,
      clock,
    });
  }

  /** Begins to trim. */
  start(): void {
    this.#rounds.start();
  }

  /** Ends after the calls under way. */
  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  /** One round over all buckets. */
  async #trimAll(signal: AbortSignal): Promise<void> {
    const first = Math.floor(Math.random() * bucketCount);
    const outboxes: TrimmedOutbox[] = [];
    for (let done = 0; done < bucketCount && !signal.aborted; done += groupSize) {
      const group = Array.from({ length: groupSize }, (_, index) => (first + done + index) % bucketCount);
      outboxes.push(...(await Promise.all(group.map((bucket) => this.#trim(bucket)))));
      await pause(this.#clock, groupPauseMs, signal);
    }
    const lagged = outboxes.flatMap(({ laggedReaders }) => laggedReaders.map(({ readerId }) => readerId));
    this.#observer.trimmed(
      outboxes.reduce((sum, { removed }) => sum + removed, 0),
      outboxes.reduce((longest, { length }) => Math.max(longest, length), 0),
      new Set(lagged).size,
    );
  }

  async #trim(bucket: number): Promise<TrimmedOutbox> {
    const outbox = await this.#store.run(trimOutboxCall(bucket, this.#bounds));
    for (const { readerId, markedNow } of outbox.laggedReaders) {
      if (markedNow) this.#observer.lagged(readerId, bucket);
    }
    return outbox;
  }
}
