import { type Clock, systemClock } from "#platform/clock/clock.ts";
import type { JournalReader } from "../../store/journal-reader.ts";
import type { BalanceReading, FullBalance } from "../balance-reading.ts";
import { CoreError } from "../core-error.ts";
import type { LedgerUnit } from "../results.ts";
import { type Transaction, toTransaction } from "../transaction.ts";
import { translateRefusals } from "../translate-refusals.ts";
import type { BalanceHub } from "./balance-hub.ts";
import type { Subscription } from "./subscription.ts";

/** Time without a change after which a watcher is told that there was none. */
const heartbeatMs = 15_000;

/** What a watcher is told. */
export type WatchEvent =
  | { readonly kind: "snapshot"; readonly snapshot: FullBalance }
  | { readonly kind: "change"; readonly change: Transaction; readonly unit: LedgerUnit }
  /** Nothing changed until this time. */
  | { readonly kind: "heartbeat"; readonly timeMs: number };

/** Where a watcher stands: the next sequence it is to be told. */
interface Watcher {
  readonly accountId: string;
  readonly signal: AbortSignal;
  readonly subscription: Subscription;
  unit: LedgerUnit;
  nextSequence: number;
}

/** Watches balances: a snapshot, then every change in order of sequence. */
export class BalanceWatch {
  readonly #hub: BalanceHub;
  readonly #reading: BalanceReading;
  readonly #journal: JournalReader;
  readonly #clock: Clock;

  constructor(hub: BalanceHub, reading: BalanceReading, journal: JournalReader, clock: Clock = systemClock) {
    this.#hub = hub;
    this.#reading = reading;
    this.#journal = journal;
    this.#clock = clock;
  }

  /**
   * Ends with the signal's reason when it aborts. After a sequence it begins with the changes since, if they are
   * retained online. A watcher that reads too slowly gets a fresh snapshot in place of what it missed.
   * ACCOUNT_NOT_FOUND, RESUME_POINT_UNKNOWN.
   */
  async *watch(accountId: string, afterSequence: number, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    const { subscription, channel } = await this.#hub.subscribe(accountId);
    signal.addEventListener("abort", () => subscription.wake(), { once: true });
    try {
      const snapshot = await this.#reading.now(accountId);
      const { sequence } = snapshot.balance;
      if (afterSequence > sequence) {
        throw new CoreError("RESUME_POINT_UNKNOWN", `after_sequence: the account is at ${sequence}`);
      }
      channel.begin(sequence);
      const watcher = { accountId, signal, subscription, unit: snapshot.account, nextSequence: sequence + 1 };
      yield* this.#begin(watcher, snapshot, afterSequence);
      yield* this.#follow(watcher);
    } finally {
      this.#hub.unsubscribe(channel, subscription);
    }
  }

  /** The changes since the watcher's sequence up to the snapshot, or the snapshot itself. */
  async *#begin(watcher: Watcher, snapshot: FullBalance, afterSequence: number): AsyncGenerator<WatchEvent> {
    const { accountId, unit, signal } = watcher;
    const { sequence } = snapshot.balance;
    const { base } = await translateRefusals(accountId, this.#journal.readHead(accountId));
    if (afterSequence === 0 || afterSequence < base) {
      yield { kind: "snapshot", snapshot };
      return;
    }
    for (let next = afterSequence + 1; next <= sequence; ) {
      signal.throwIfAborted();
      const range = { fromSequence: next, toSequence: sequence, newestFirst: false };
      const { entries } = await translateRefusals(accountId, this.#journal.readEntries(accountId, range));
      for (const entry of entries) yield { kind: "change", change: toTransaction(accountId, entry), unit };
      next = (entries.at(-1)?.sequence ?? sequence) + 1;
    }
  }

  async *#follow(watcher: Watcher): AsyncGenerator<WatchEvent> {
    const { accountId, signal, subscription } = watcher;
    let toldMs = this.#clock.nowMs();
    while (!signal.aborted) {
      const { changes, lagged } = await subscription.take(this.#clock, heartbeatMs);
      if (signal.aborted) break;
      if (lagged) {
        const snapshot = await this.#reading.now(accountId);
        watcher.nextSequence = snapshot.balance.sequence + 1;
        yield { kind: "snapshot", snapshot };
      }
      for (const change of changes) {
        // What the snapshot has already; a gap can't be, since the channel fills it.
        if (change.sequence < watcher.nextSequence) continue;
        watcher.nextSequence = change.sequence + 1;
        yield { kind: "change", change, unit: watcher.unit };
      }
      // While the store can't be read nobody knows whether anything changed.
      if (!lagged && changes.length === 0 && this.#hub.confirmedMs > toldMs)
        yield { kind: "heartbeat", timeMs: this.#hub.confirmedMs };
      toldMs = this.#clock.nowMs();
    }
    signal.throwIfAborted();
  }
}
