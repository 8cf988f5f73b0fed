import { findEntryByTimeCall } from "./calls/find-entry-by-time.ts";
import { readEntriesCall } from "./calls/read-entries.ts";
import type { JournalEntry } from "./journal-entry.ts";
import type { LedgerStore } from "./ledger-store.ts";
import { LedgerFault } from "./store-fault.ts";

/** Most entries of one reading. */
export const mostEntriesPerRead = 500;

/** Sequences of a journal, both included; what does not exist is left out. */
export interface EntryRange {
  readonly fromSequence: number;
  readonly toSequence: number;
  /** Whether a reading that can't take the whole range takes its newest entries; else the oldest. */
  readonly newestFirst: boolean;
}

/** What a journal is part of, as it was when its entries were read. */
export interface JournalHead {
  /** Sequence of the last entry. */
  readonly sequence: number;
  /** Entries 1 to this are archived, no longer online. */
  readonly base: number;
  readonly currencyCode: string;
  readonly ledgerScale: number;
  /** Creation of the account. */
  readonly createdMs: number;
}

/** Entries without a gap, oldest first. */
export interface JournalRun {
  readonly head: JournalHead;
  /** Empty if the range has none; otherwise it begins (newest first: ends) where the range does. */
  readonly entries: readonly JournalEntry[];
}

/** Entries that are no longer online. */
export interface EntryArchive {
  /**
   * Entries of a range that is archived wholly: without a gap, oldest first, at least one, at most
   * {@link mostEntriesPerRead} and few if they are large, beginning (newest first: ending) where the range does.
   */
  readEntries(accountId: string, range: EntryRange): Promise<readonly JournalEntry[]>;
}

/** The one way of reading a range of a journal, wherever its entries are. */
export class JournalReader {
  readonly #store: LedgerStore;
  readonly #archive: EntryArchive | undefined;

  constructor(store: LedgerStore, archive?: EntryArchive) {
    this.#store = store;
    this.#archive = archive;
  }

  /**
   * Entries of a range: at most {@link mostEntriesPerRead}, fewer if they are large, so that who needs more
   * goes on after (newest first: before) those it got. One call of Redis, and one of the archive where the
   * range begins in it.
   *
   * @throws FunctionRefusal ACCOUNT_NOT_FOUND.
   */
  async readEntries(
    accountId: string,
    range: EntryRange,
    mostEntries = mostEntriesPerRead,
  ): Promise<JournalRun> {
    const run = await this.#store.run(readEntriesCall(accountId, range, mostEntries));
    const archived = archivedPart(range, run.head, mostEntries);
    if (run.entries.length > 0 || archived === undefined) return run;
    return { head: run.head, entries: await this.#archiveOf(accountId).readEntries(accountId, archived) };
  }

  /** What a journal is part of. FunctionRefusal ACCOUNT_NOT_FOUND. */
  async readHead(accountId: string): Promise<JournalHead> {
    return (await this.readEntries(accountId, { fromSequence: 1, toSequence: 1, newestFirst: false }, 0))
      .head;
  }

  /**
   * Sequence of the last entry before a time, 0 if there is none; found by halving, since times never go back.
   *
   * @throws FunctionRefusal ACCOUNT_NOT_FOUND.
   */
  async findLastBefore(accountId: string, timeMs: number): Promise<number> {
    const { sequence, base } = await this.#store.run(
      findEntryByTimeCall(accountId, Math.max(0, Math.min(timeMs, greatestTimeMs))),
    );
    if (sequence > base || base === 0) return sequence;
    let [low, high] = [0, base];
    while (low < high) {
      const middle = low + Math.ceil((high - low) / 2);
      if ((await this.#archivedTimeMs(accountId, middle)) < timeMs) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  async #archivedTimeMs(accountId: string, sequence: number): Promise<number> {
    const range = { fromSequence: sequence, toSequence: sequence, newestFirst: false };
    const [entry] = await this.#archiveOf(accountId).readEntries(accountId, range);
    if (entry?.sequence !== sequence) {
      throw new LedgerFault(`the archive has not entry ${sequence} of account ${accountId}`);
    }
    return entry.timeMs;
  }

  #archiveOf(accountId: string): EntryArchive {
    if (this.#archive !== undefined) return this.#archive;
    throw new LedgerFault(`entries of account ${accountId} are archived, but no archive is set up`);
  }
}

const greatestTimeMs = 999_999_999_999_999;

/** What to ask the archive for when nothing of the range is online; undefined if nothing is archived either. */
function archivedPart(range: EntryRange, { base }: JournalHead, mostEntries: number): EntryRange | undefined {
  const first = Math.max(1, range.fromSequence);
  const last = Math.min(base, range.toSequence);
  if (first > last || mostEntries === 0) return undefined;
  return range.newestFirst
    ? { fromSequence: Math.max(first, last - mostEntries + 1), toSequence: last, newestFirst: true }
    : { fromSequence: first, toSequence: Math.min(last, first + mostEntries - 1), newestFirst: false };
}
