import { type Columns, decodeEntry, type JournalEntry } from "../../store/journal-entry.ts";
import type { FaultList } from "./fault-list.ts";
import { type FoldedGrant, GrantFold } from "./grant-fold.ts";
import { type FoldedHold, HoldFold } from "./hold-fold.ts";
import { legSum, movedColumns } from "./leg-rules.ts";

/** Where a fold begins: what an account was after the entry with this sequence. */
export interface Checkpoint {
  readonly sequence: number;
  readonly timeMs: number;
  readonly columns: Columns;
  readonly closed: boolean;
  /** Those with something remaining. */
  readonly grants: readonly FoldedGrant[];
  /** Those that were open. */
  readonly holds: readonly FoldedHold[];
}

/** A credit with an external reference, as the entries tell it. */
export interface FoldedCredit {
  readonly source: string;
  readonly reference: string;
  readonly creditedAtoms: bigint;
}

/** A quote that entries used. */
export interface FoldedQuote {
  readonly uses: number;
  /** Sequence of the first entry that did since the fold began. */
  readonly first: number;
}

/** The checkpoint before the first entry. */
export const emptyCheckpoint: Checkpoint = {
  sequence: 0,
  timeMs: 0,
  columns: {
    availableAtoms: 0n,
    reservedAtoms: 0n,
    fundedAtoms: 0n,
    spentAtoms: 0n,
    expiredAtoms: 0n,
    creditLimitAtoms: 0n,
  },
  closed: false,
  grants: [],
  holds: [],
};

const columnNames = {
  availableAtoms: "available",
  reservedAtoms: "reserved",
  fundedAtoms: "funded",
  spentAtoms: "spent",
  expiredAtoms: "expired",
  creditLimitAtoms: "credit_limit",
} as const satisfies Record<keyof Columns, string>;

/** The columns of an account with the names that faults call them. */
export function namedColumns(columns: Columns): [name: string, atoms: bigint][] {
  return Object.entries(columnNames).map(([key, name]) => [name, columns[key as keyof Columns]]);
}

/**
 * Folds a journal again from its legs, and notes where an entry contradicts what came before. After a fault
 * it goes on from what the entry says, so that one wrong entry is one fault and not a thousand.
 */
export class JournalFold {
  readonly faults: FaultList;
  /** Where the fold began. */
  readonly base: number;
  readonly #grants: GrantFold;
  readonly #holds: HoldFold;
  #sequence: number;
  #entrySequence: number;
  #timeMs: number;
  /** Undefined after an entry that can't be read. */
  #columns: Columns | undefined;
  #closed: boolean;
  /** Atoms given back, by the sequence of what is refunded. */
  readonly refunds = new Map<number, bigint>();
  /** Atoms taken back, by the sequence of the credit. */
  readonly reversals = new Map<number, bigint>();
  /** Credits with an external reference, by their sequence. */
  readonly credits = new Map<number, FoldedCredit>();
  /** By the id of the quote. */
  readonly quotes = new Map<string, FoldedQuote>();

  constructor(start: Checkpoint, faults: FaultList) {
    this.faults = faults;
    this.base = start.sequence;
    this.#grants = new GrantFold(start.sequence, start.grants);
    this.#holds = new HoldFold(start.sequence, start.holds);
    this.#sequence = this.#entrySequence = start.sequence;
    this.#timeMs = start.timeMs;
    this.#columns = start.columns;
    this.#closed = start.closed;
  }

  /** Entries folded, with those before the fold began. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Time of the last entry. */
  get timeMs(): number {
    return this.#timeMs;
  }

  /** Undefined after an entry that can't be read. */
  get columns(): Columns | undefined {
    return this.#columns;
  }

  /** Whether an entry has closed the account. */
  get closed(): boolean {
    return this.#closed;
  }

  get grants(): ReadonlyMap<number, FoldedGrant> {
    return this.#grants.grants;
  }

  /** Also those that were settled since the fold began. */
  get holds(): ReadonlyMap<number, FoldedHold> {
    return this.#holds.holds;
  }

  /** What a later fold can begin with. */
  checkpoint(): Checkpoint {
    if (this.#columns === undefined) throw new TypeError("an entry that can't be read ends no checkpoint");
    return {
      sequence: this.#sequence,
      timeMs: this.#timeMs,
      columns: this.#columns,
      closed: this.#closed,
      grants: [...this.grants.values()].filter(({ remainingAtoms }) => remainingAtoms !== 0n),
      holds: [...this.holds.values()].filter(({ snapshot }) => snapshot.state === "HELD"),
    };
  }

  /** Folds the entry that stands next in the journal. */
  apply(text: string): void {
    this.#sequence += 1;
    const entry = readEntry(text);
    if (entry === undefined) {
      this.faults
        .of("readable")
        .add(this.#sequence, "entry", "a journal entry", "something that can't be read");
      this.#columns = undefined;
      this.#entrySequence += 1;
      return;
    }
    this.#checkOrder(entry);
    this.#checkLegs(entry);
    this.#checkColumns(entry);
    this.#grants.apply(entry, this.faults.of("grants"));
    this.#holds.apply(entry, this.faults.of("holds"));
    this.#noteReferences(entry);
    this.#columns = entry.columns;
    this.#closed ||= entry.type === "ACCOUNT_CLOSED";
  }

  #checkOrder({ sequence, timeMs, type }: JournalEntry): void {
    // Counted from the entry before, so that one that is missing is one fault.
    const order = this.faults.of("sequence");
    order.compare(this.#entrySequence + 1, "sequence", this.#entrySequence + 1, sequence);
    this.#entrySequence = sequence;
    if (timeMs < this.#timeMs) order.add(sequence, "time", `${this.#timeMs} or later`, timeMs);
    this.#timeMs = timeMs;
    if ((type === "ACCOUNT_CREATED") !== (this.#sequence === 1))
      order.add(sequence, "type", this.#sequence === 1 ? "ACCOUNT_CREATED" : "another type", type);
  }

  #checkLegs({ sequence, type, legs }: JournalEntry): void {
    const sum = legs.reduce((total, { amountAtoms }) => total + amountAtoms, 0n);
    this.faults.of("sum").compare(sequence, "sum of legs", 0n, sum);
    const allowed = movedColumns[type];
    for (const { column } of legs) {
      if (!allowed.includes(column))
        this.faults
          .of("legs")
          .add(sequence, "legs", `${type} moves ${allowed.join(", ") || "no column"}`, column);
    }
  }

  #checkColumns({ sequence, type, legs, columns }: JournalEntry): void {
    const before = this.#columns;
    if (before === undefined) return;
    const setsLimit = type === "ACCOUNT_CREATED" || type === "ACCOUNT_UPDATED";
    const folded: Columns = {
      availableAtoms: before.availableAtoms + legSum(legs, "available"),
      reservedAtoms: before.reservedAtoms + legSum(legs, "reserved"),
      fundedAtoms: before.fundedAtoms - legSum(legs, "external"),
      spentAtoms: before.spentAtoms + legSum(legs, "spent"),
      expiredAtoms: before.expiredAtoms + legSum(legs, "expired"),
      creditLimitAtoms: setsLimit ? columns.creditLimitAtoms : before.creditLimitAtoms,
    };
    const stored = new Map(namedColumns(columns));
    const faults = this.faults.of("columns");
    for (const [name, atoms] of namedColumns(folded)) faults.compare(sequence, name, atoms, stored.get(name));
  }

  #noteReferences(entry: JournalEntry): void {
    const { sequence, type, legs, originalSequence, source, externalReference, quoteId } = entry;
    if (quoteId !== "") {
      const { uses, first } = this.quotes.get(quoteId) ?? { uses: 0, first: sequence };
      this.quotes.set(quoteId, { uses: uses + 1, first });
    }
    if (type === "CREDIT" && externalReference !== "") {
      const creditedAtoms = -legSum(legs, "external");
      this.credits.set(sequence, { source, reference: externalReference, creditedAtoms });
    }
    if (type === "REFUND") addTo(this.refunds, originalSequence ?? 0, -legSum(legs, "spent"));
    if (type === "CREDIT_REVERSED") addTo(this.reversals, originalSequence ?? 0, legSum(legs, "external"));
  }
}

function addTo(sums: Map<number, bigint>, key: number, amount: bigint): void {
  sums.set(key, (sums.get(key) ?? 0n) + amount);
}

function readEntry(text: string): JournalEntry | undefined {
  try {
    return decodeEntry(text);
  } catch (error) {
    if (error instanceof TypeError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
