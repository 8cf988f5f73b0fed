import type { JournalEntry } from "../../store/journal-entry.ts";
import { type JournalReader, mostEntriesPerRead } from "../../store/journal-reader.ts";
import { toTransaction } from "../transaction.ts";
import type { Subscription } from "./subscription.ts";

/** All watchers of an account: each change is read and described once, however many they are. */
export class AccountChannel {
  readonly accountId: string;
  readonly subscriptions = new Set<Subscription>();
  readonly #journal: JournalReader;
  /** The last change that was passed on; undefined before it is known where to begin. */
  #lastSequence: number | undefined;

  constructor(accountId: string, journal: JournalReader) {
    this.accountId = accountId;
    this.#journal = journal;
  }

  /** Says up to which entry a new watcher knows everything, which is where a new channel begins. */
  begin(sequence: number): void {
    this.#lastSequence ??= sequence;
  }

  /** Passes an entry on; those missing before it are read from the journal, one that came before is ignored. */
  async publish(entry: JournalEntry): Promise<void> {
    this.#lastSequence ??= entry.sequence - 1;
    if (entry.sequence > this.#lastSequence + 1) await this.#refill(entry.sequence - 1);
    this.#passOn(entry);
  }

  /** Passes on whatever the journal has beyond what was passed on: the outbox may have lost it. */
  async catchUp(): Promise<void> {
    if (this.#lastSequence !== undefined) await this.#refill(Number.MAX_SAFE_INTEGER);
  }

  async #refill(toSequence: number): Promise<void> {
    const last = this.#lastSequence ?? 0;
    const range = {
      fromSequence: last + 1,
      toSequence: Math.min(toSequence, last + mostEntriesPerRead),
      newestFirst: false,
    };
    const { head, entries } = await this.#journal.readEntries(this.accountId, range);
    // Further behind than a watcher may be, partly archived, or the store came back with less than it had.
    const wanted = Math.min(toSequence, head.sequence);
    if (head.sequence < last || (entries.at(-1)?.sequence ?? last) < wanted) {
      this.#lastSequence = wanted;
      for (const subscription of this.subscriptions) subscription.lag();
      return;
    }
    for (const entry of entries) this.#passOn(entry);
  }

  #passOn(entry: JournalEntry): void {
    if (entry.sequence <= (this.#lastSequence ?? 0)) return;
    this.#lastSequence = entry.sequence;
    const change = toTransaction(this.accountId, entry);
    for (const subscription of this.subscriptions) subscription.push(change);
  }
}
