import type { JournalArchive } from "../../store/archive/journal-archive.ts";
import { scanJournalCall } from "../../store/calls/scan-journal.ts";
import { type RecordHash, type StoredRecord, scanRecordsCall } from "../../store/calls/scan-records.ts";
import { type AccountSnapshot, snapshotAccountCall } from "../../store/calls/snapshot-account.ts";
import type { LedgerStore } from "../../store/ledger-store.ts";
import { FunctionRefusal, LedgerFault } from "../../store/store-fault.ts";
import { CoreError } from "../core-error.ts";
import { decodeCheckpoint } from "./checkpoint-text.ts";
import { FaultList, type VerificationFault } from "./fault-list.ts";
import { emptyCheckpoint, JournalFold, namedColumns } from "./journal-fold.ts";
import { compareRecords, type Records } from "./record-comparison.ts";

/** What a verification of one account found. */
export interface AccountVerification {
  readonly accountId: string;
  readonly entriesChecked: number;
  /** The sequence up to which was checked. */
  readonly sequence: number;
  /** The first wrong entry first; empty if journal, columns, grants and holds agree. */
  readonly faults: readonly VerificationFault[];
  /** True if records kept changing while they were read, so that not all were compared. */
  readonly holdsSkipped: boolean;
}

const entriesPerRead = 500;
/** Tries to read a hash that is larger than one page while no entry is written. */
const mostScans = 5;
/** Days for which a settled hold is certain to be kept after its creation day. */
const settledDays = 8;
const dayMs = 86_400_000;

/** The base moved, or entries went missing while they were read: the fold begins again. */
class JournalMoved extends Error {}
const mostStarts = 3;

/** Hears what every verification of an account found. */
export type VerificationObserver = (verification: AccountVerification) => void;

/** The calls that verification makes: reading alone. */
export type VerificationStore = Pick<LedgerStore, "run" | "serverTimeMs">;

/**
 * Folds the journal of an account again and compares it with everything that is stored, while the ledger
 * serves: every part is read with the sequence that it belongs to, and compared with the fold at that very
 * sequence.
 */
export class AccountVerifier {
  readonly #store: VerificationStore;
  readonly #archive: JournalArchive | undefined;
  readonly #observer: VerificationObserver;

  constructor(store: VerificationStore, archive?: JournalArchive, observer: VerificationObserver = () => {}) {
    this.#store = store;
    this.#archive = archive;
    this.#observer = observer;
  }

  /** Verifies one account: what is online entry by entry, archived files by their checksums. ACCOUNT_NOT_FOUND. */
  async verify(accountId: string, signal: AbortSignal): Promise<AccountVerification> {
    return this.#tell(await this.#check(accountId, signal));
  }

  /** As {@link verify}, for an account that the listing names: that it is not there is a fault. */
  async verifyListed(accountId: string, signal: AbortSignal): Promise<AccountVerification> {
    try {
      return await this.verify(accountId, signal);
    } catch (error) {
      if (!(error instanceof CoreError) || error.reason !== "ACCOUNT_NOT_FOUND") throw error;
      return this.#tell(unreadable(accountId, "it is listed, but not there"));
    }
  }

  #tell(verification: AccountVerification): AccountVerification {
    this.#observer(verification);
    return verification;
  }

  async #check(accountId: string, signal: AbortSignal): Promise<AccountVerification> {
    for (let starts = 1; ; starts++) {
      try {
        return await new AccountCheck(this.#store, this.#archive, accountId, signal).run();
      } catch (error) {
        if (error instanceof JournalMoved && starts < mostStarts) continue;
        if (error instanceof LedgerFault) return unreadable(accountId, error.message);
        if (error instanceof FunctionRefusal && error.reason === "ACCOUNT_NOT_FOUND")
          throw new CoreError("ACCOUNT_NOT_FOUND", "there is no such account", { cause: error });
        throw error;
      }
    }
  }
}

/** What is said of an account that can't even be read, for example because a key has a wrong type. */
function unreadable(accountId: string, found: string): AccountVerification {
  const fault = {
    invariant: "readable" as const,
    sequence: 0,
    subject: "account",
    expected: "a readable account",
    found,
  };
  return { accountId, entriesChecked: 0, sequence: 0, faults: [fault], holdsSkipped: true };
}

class AccountCheck {
  readonly #store: VerificationStore;
  readonly #archive: JournalArchive | undefined;
  readonly #accountId: string;
  readonly #signal: AbortSignal;
  readonly #faults = new FaultList();
  #fold = new JournalFold(emptyCheckpoint, this.#faults);
  #skipped = false;

  constructor(
    store: VerificationStore,
    archive: JournalArchive | undefined,
    accountId: string,
    signal: AbortSignal,
  ) {
    this.#store = store;
    this.#archive = archive;
    this.#accountId = accountId;
    this.#signal = signal;
  }

  async run(): Promise<AccountVerification> {
    const snapshot = await this.#store.run(snapshotAccountCall(this.#accountId));
    await this.#startAt(Number(snapshot.base));
    await this.#foldTo(Number(snapshot.sequence));
    this.#compareAccount(snapshot);
    for (const name of ["grants", "openHolds", "references", "refunds"] as const)
      await this.#compare({ name });
    for (const day of this.#settledDays()) await this.#compare({ name: "settledHolds", day });
    return {
      accountId: this.#accountId,
      entriesChecked: this.#fold.sequence - this.#fold.base,
      sequence: this.#fold.sequence,
      faults: this.#faults.sorted(),
      holdsSkipped: this.#skipped,
    };
  }

  /** Begins at the checkpoint that the archive has, after checking its files. */
  async #startAt(base: number): Promise<void> {
    if (base === 0) return;
    if (this.#archive === undefined) throw new LedgerFault("entries are archived, but no archive is set up");
    await this.#archive.check(this.#accountId, this.#signal);
    const checkpoint = await this.#archive.readCheckpoint(this.#accountId, base);
    if (checkpoint !== undefined) this.#fold = new JournalFold(decodeCheckpoint(checkpoint), this.#faults);
  }

  /** Folds on until this sequence, or until the journal ends before it. */
  async #foldTo(sequence: number): Promise<void> {
    while (this.#fold.sequence < sequence) {
      this.#signal.throwIfAborted();
      const first = this.#fold.sequence + 1;
      const last = Math.min(sequence, first + entriesPerRead - 1);
      const { base, texts } = await this.#store.run(scanJournalCall(this.#accountId, first, last));
      if (base >= first) throw new JournalMoved();
      if (texts.length === 0) return;
      for (const text of texts) this.#fold.apply(text);
    }
  }

  #compareAccount(snapshot: AccountSnapshot): void {
    const { columns, timeMs, closed } = this.#fold;
    const sequence = Number(snapshot.sequence);
    const order = this.#faults.of("sequence");
    order.compare(0, "journal length", sequence - Number(snapshot.base), snapshot.journalLength);
    if (!snapshot.listed) this.#faults.of("listing").add(0, "listing", "the account", "missing");
    if (columns === undefined) return;
    const stored = { ...snapshot, credit_limit: snapshot.creditLimit } as unknown as Record<string, string>;
    const faults = this.#faults.of("columns");
    for (const [name, atoms] of namedColumns(columns)) faults.compare(0, name, atoms, stored[name]);
    order.compare(0, "time of the last entry", timeMs, snapshot.lastTimeMs);
    faults.compare(0, "closed", closed, snapshot.closed === "1");
  }

  /** Compares one hash with the fold; gives up if it keeps changing between its pages. */
  async #compare(hash: RecordHash): Promise<void> {
    for (let scans = 1; scans <= mostScans; scans++) {
      const { sequence, records } = await this.#scan(hash);
      if (sequence === undefined) continue;
      await this.#foldTo(sequence);
      const readAtMs = await this.#store.serverTimeMs(this.#accountId);
      // A journal that ends too early has been reported; there is no fold to compare with.
      if (this.#fold.sequence === sequence) compareRecords[hash.name](this.#fold, records, hash, readAtMs);
      return;
    }
    this.#skipped = true;
  }

  /** All records of a hash; the sequence is undefined if they are not of one moment. */
  async #scan(hash: RecordHash): Promise<{ sequence: number | undefined; records: Records }> {
    const records = new Map<string, StoredRecord>();
    let cursor: string | undefined;
    let sequence: number | undefined;
    do {
      this.#signal.throwIfAborted();
      const page = await this.#store.run(scanRecordsCall(this.#accountId, hash, cursor));
      // What was compared before may be at a later sequence: the fold never goes back.
      if (page.sequence < this.#fold.sequence || page.sequence !== (sequence ?? page.sequence))
        return { sequence: undefined, records };
      sequence = page.sequence;
      for (const record of page.records) records.set(record.field, record);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return { sequence, records };
  }

  /** Days of whose holds the settled ones must still be there. */
  #settledDays(): Set<number> {
    const oldest = Math.floor(this.#fold.timeMs / dayMs) - settledDays + 1;
    const days = [...this.#fold.holds.values()].map(({ snapshot }) => snapshot.day);
    return new Set(days.filter((day) => day >= oldest));
  }
}
