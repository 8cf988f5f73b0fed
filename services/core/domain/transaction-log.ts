import { readRefundsCall } from "../store/calls/read-refunds.ts";
import type { JournalEntry } from "../store/journal-entry.ts";
import { type JournalReader, type JournalRun, mostEntriesPerRead } from "../store/journal-reader.ts";
import type { LedgerStore } from "../store/ledger-store.ts";
import { CoreError } from "./core-error.ts";
import { decodeTransactionId } from "./resource-id.ts";
import { type LedgerUnit, toUnit } from "./results.ts";
import { type Transaction, toTransaction } from "./transaction.ts";
import { matchesAll, matchesFilter, type TransactionFilter } from "./transaction-filter.ts";
import { translateRefusals } from "./translate-refusals.ts";

/** Entries read for one page, whether they match or not: a filter that matches little stays cheap. */
const scannedPerPage = 10_000;
const greatestSequence = 999_999_999_999_999;

/** Some transactions of an account. */
export interface TransactionBatch {
  readonly transactions: readonly Transaction[];
  readonly unit: LedgerUnit;
}

/** A page of transactions. */
export interface TransactionPage extends TransactionBatch {
  /** Sequence of the entry with which the next page begins; undefined at the end. */
  readonly next: number | undefined;
}

/** How to page through a journal. */
export interface PageRequest {
  readonly oldestFirst: boolean;
  readonly pageSize: number;
  /** From the page before; undefined for the first page. */
  readonly position: number | undefined;
}

/** The first and the last entry that a reading may show. */
interface Bounds {
  readonly first: number;
  readonly last: number;
}

/** The journal as its readers see it. Positions are sequences, so new entries move nothing. */
export class TransactionLog {
  readonly #store: LedgerStore;
  readonly #journal: JournalReader;

  constructor(store: LedgerStore, journal: JournalReader) {
    this.#store = store;
    this.#journal = journal;
  }

  /** Reads an entry. TRANSACTION_NOT_FOUND. */
  async get(transactionId: string): Promise<{ transaction: Transaction; unit: LedgerUnit }> {
    const reference = decodeTransactionId(transactionId);
    if (reference === undefined) throw transactionNotFound();
    const { accountId, sequence } = reference;
    const range = { fromSequence: sequence, toSequence: sequence, newestFirst: false };
    try {
      const { transactions, unit } = await this.#complete(accountId, await this.#read(accountId, range));
      if (transactions[0] === undefined) throw transactionNotFound();
      return { transaction: transactions[0], unit };
    } catch (error) {
      if (error instanceof CoreError && error.reason === "ACCOUNT_NOT_FOUND") throw transactionNotFound();
      throw error;
    }
  }

  /**
   * A page of at most `pageSize` entries. It may be short or empty and still have a next one, since a call
   * reads a bounded number of entries and bytes. ACCOUNT_NOT_FOUND.
   */
  async list(
    accountId: string,
    filter: TransactionFilter,
    { oldestFirst, pageSize, position }: PageRequest,
  ): Promise<TransactionPage> {
    const { first, last } = await this.#bounds(accountId, filter);
    const taken: JournalEntry[] = [];
    let next = position ?? (oldestFirst ? first : last);
    for (let scanned = 0; ; ) {
      const range = oldestFirst
        ? { fromSequence: next, toSequence: last, newestFirst: false }
        : { fromSequence: first, toSequence: next, newestFirst: true };
      const wanted = matchesAll(filter) ? pageSize - taken.length : mostEntriesPerRead;
      const run = await this.#read(accountId, range, Math.min(wanted, mostEntriesPerRead));
      const entries = oldestFirst ? run.entries : run.entries.toReversed();
      for (const entry of entries) {
        if (taken.length === pageSize) break;
        if (matchesFilter(entry, filter)) taken.push(entry);
        next = oldestFirst ? entry.sequence + 1 : entry.sequence - 1;
      }
      scanned += entries.length;
      const ended =
        entries.length === 0 || (oldestFirst ? next > Math.min(last, run.head.sequence) : next < first);
      const isCut = entries.length < Math.min(wanted, mostEntriesPerRead);
      if (!ended && taken.length < pageSize && scanned < scannedPerPage && !(isCut && taken.length > 0))
        continue;
      const batch = await this.#complete(accountId, { head: run.head, entries: taken });
      return { ...batch, next: ended ? undefined : next };
    }
  }

  /**
   * All matching entries after a sequence, oldest first, up to what the journal holds now; in batches of 1 to
   * 500, read as fast as they are taken. Ends with the signal's reason when it aborts. ACCOUNT_NOT_FOUND.
   */
  async *export(
    accountId: string,
    filter: TransactionFilter,
    afterSequence: number,
    signal: AbortSignal,
  ): AsyncGenerator<TransactionBatch> {
    const { sequence } = await translateRefusals(accountId, this.#journal.readHead(accountId));
    const bounds = await this.#bounds(accountId, filter);
    const last = Math.min(sequence, bounds.last);
    let next = Math.max(bounds.first, afterSequence + 1);
    while (next <= last) {
      signal.throwIfAborted();
      const range = { fromSequence: next, toSequence: last, newestFirst: false };
      const { head, entries } = await this.#read(accountId, range);
      const lastRead = entries.at(-1);
      if (lastRead === undefined) return;
      next = lastRead.sequence + 1;
      const matching = entries.filter((entry) => matchesFilter(entry, filter));
      if (matching.length > 0) yield this.#complete(accountId, { head, entries: matching });
    }
  }

  async #bounds(accountId: string, filter: TransactionFilter): Promise<Bounds> {
    const { fromMs, untilMs, reservation } = filter;
    const lastBefore = (timeMs: number) =>
      translateRefusals(accountId, this.#journal.findLastBefore(accountId, timeMs));
    const [before, last] = await Promise.all([
      fromMs === undefined ? 0 : lastBefore(fromMs),
      untilMs === undefined ? greatestSequence : lastBefore(untilMs),
    ]);
    return { first: Math.max(before + 1, reservation?.sequence ?? 1), last };
  }

  #read(
    accountId: string,
    range: Parameters<JournalReader["readEntries"]>[1],
    mostEntries?: number,
  ): Promise<JournalRun> {
    return translateRefusals(accountId, this.#journal.readEntries(accountId, range, mostEntries));
  }

  /** The transactions of entries, with what was given back of those that spent something. */
  async #complete(accountId: string, { head, entries }: JournalRun): Promise<TransactionBatch> {
    const spending = entries.filter(({ legs }) => legs.some(({ column }) => column === "spent"));
    const refunds = await this.#readRefunds(
      accountId,
      spending.map(({ sequence }) => sequence),
    );
    return {
      transactions: entries.map((entry) => toTransaction(accountId, entry, refunds.get(entry.sequence))),
      unit: toUnit(head),
    };
  }

  async #readRefunds(accountId: string, sequences: readonly number[]): Promise<Map<number, bigint>> {
    const refunds = new Map<number, bigint>();
    for (let start = 0; start < sequences.length; start += mostEntriesPerRead) {
      const part = sequences.slice(start, start + mostEntriesPerRead);
      const read = await translateRefusals(accountId, this.#store.run(readRefundsCall(accountId, part)));
      for (const [sequence, atoms] of read) refunds.set(sequence, atoms);
    }
    return refunds;
  }
}

function transactionNotFound(): CoreError {
  return new CoreError("TRANSACTION_NOT_FOUND", "there is no such transaction");
}
