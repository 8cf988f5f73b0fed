import { createHash } from "node:crypto";
import type { JournalArchive } from "../../store/archive/journal-archive.ts";
import { archiveEntriesCall } from "../../store/calls/archive-entries.ts";
import { scanJournalCall } from "../../store/calls/scan-journal.ts";
import { snapshotAccountCall } from "../../store/calls/snapshot-account.ts";
import type { LedgerStore } from "../../store/ledger-store.ts";
import { LedgerFault } from "../../store/store-fault.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../verification/checkpoint-text.ts";
import { FaultList } from "../verification/fault-list.ts";
import { emptyCheckpoint, JournalFold } from "../verification/journal-fold.ts";

/** How much of a journal is kept online. */
export interface ArchiveLimits {
  /** With more entries than this, the older ones go to files until half of it is left. */
  readonly onlineEntries: number;
  /** Entries of one file. */
  readonly entriesPerFile: number;
}

const entriesPerRead = 500;
/** After so many characters a file takes no more entries. */
const mostFileLength = 16_777_216;

/**
 * Moves the oldest entries of long journals to files. Whatever it is stopped between, nothing is lost or there
 * twice: a file counts from the moment that one function trims the list, moves the base and notes the file.
 */
export class JournalArchiver {
  readonly #store: LedgerStore;
  readonly #archive: JournalArchive;
  readonly #limits: ArchiveLimits;

  constructor(store: LedgerStore, archive: JournalArchive, limits: ArchiveLimits) {
    this.#store = store;
    this.#archive = archive;
    this.#limits = limits;
  }

  /**
   * Archives what is too much of one journal; gives the number of entries.
   *
   * @throws LedgerFault if the entries do not add up: they stay online, for an operator to look at.
   */
  async archive(accountId: string, signal: AbortSignal): Promise<number> {
    const snapshot = await this.#store.run(snapshotAccountCall(accountId));
    const [sequence, base] = [Number(snapshot.sequence), Number(snapshot.base)];
    if (sequence - base <= this.#limits.onlineEntries) return 0;
    const target = sequence - Math.floor(this.#limits.onlineEntries / 2);
    let reached = base;
    while (reached < target && !signal.aborted) {
      reached = await this.#archiveFile(
        accountId,
        reached,
        Math.min(target, reached + this.#limits.entriesPerFile),
      );
    }
    return reached - base;
  }

  /** Archives entries after `base`, at most to `last`; gives the new base. */
  async #archiveFile(accountId: string, base: number, last: number): Promise<number> {
    const faults = new FaultList();
    const start = await this.#archive.readCheckpoint(accountId, base);
    const fold = new JournalFold(start === undefined ? emptyCheckpoint : decodeCheckpoint(start), faults);
    const texts = await this.#read(accountId, base + 1, last);
    for (const text of texts) fold.apply(text);
    const [fault] = faults.sorted();
    if (fault !== undefined)
      throw new LedgerFault(
        `the journal of account ${accountId} is not archived: entry ${fault.sequence} has ${fault.subject} ` +
          `${fault.found} where ${fault.expected} is right`,
      );
    const newBase = base + texts.length;
    const checkpoint = encodeCheckpoint(fold.checkpoint());
    const fileName = await this.#archive.write({ accountId, firstSequence: base + 1, texts, checkpoint });
    const lastEntryDigest = createHash("sha1").update(texts.at(-1)!).digest("hex");
    await this.#store.run(archiveEntriesCall({ accountId, base, newBase, lastEntryDigest, fileName }));
    return newBase;
  }

  async #read(accountId: string, first: number, last: number): Promise<string[]> {
    const texts: string[] = [];
    let length = 0;
    while (texts.length <= last - first && length < mostFileLength) {
      const from = first + texts.length;
      const call = scanJournalCall(accountId, from, Math.min(last, from + entriesPerRead - 1));
      const scan = await this.#store.run(call);
      if (scan.texts.length === 0)
        throw new LedgerFault(`entry ${from} of account ${accountId} is not online`);
      for (const text of scan.texts) {
        texts.push(text);
        length += text.length;
      }
    }
    return texts;
  }
}
