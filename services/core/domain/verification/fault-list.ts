/**
 * What must always be true of an account, by the names that metrics and alerts use: legs sum to zero, an operation
 * moves only its columns, entries follow each other without a gap, columns are the sum of all legs, holds, grants,
 * references (with refunds and quotes) and the listing are what the journal says, and all of it can be read.
 */
export const invariants = [
  "sum",
  "legs",
  "sequence",
  "columns",
  "holds",
  "grants",
  "references",
  "listing",
  "readable",
] as const;
/** One of them. */
export type Invariant = (typeof invariants)[number];

/** One disagreement between the journal and what is stored, or within the journal. */
export interface VerificationFault {
  readonly invariant: Invariant;
  /** The entry at which it shows; 0 when it is no single entry. */
  readonly sequence: number;
  /** What is compared, for example `available` or `hold 12`. */
  readonly subject: string;
  /** What the journal says. */
  readonly expected: string;
  readonly found: string;
}

/** Faults kept of one account; one fault may show at very many entries. */
export const mostFaults = 100;

/** Faults of one account: those of entries first, in the order of entries. */
export class FaultList {
  readonly #faults: VerificationFault[] = [];

  /** Where violations of one invariant are noted. */
  of(invariant: Invariant): FaultNotes {
    return new FaultNotes(this.#faults, invariant);
  }

  /** The faults, the first wrong entry first: those of entries as the journal was read, then the others. */
  sorted(): VerificationFault[] {
    const ofEntries = this.#faults.filter(({ sequence }) => sequence !== 0);
    return [...ofEntries, ...this.#faults.filter(({ sequence }) => sequence === 0)];
  }
}

/** Notes violations of one invariant. */
export class FaultNotes {
  readonly #faults: VerificationFault[];
  readonly #invariant: Invariant;

  constructor(faults: VerificationFault[], invariant: Invariant) {
    this.#faults = faults;
    this.#invariant = invariant;
  }

  /** Notes a fault; beyond {@link mostFaults} they are dropped. */
  add(sequence: number, subject: string, expected: unknown, found: unknown): void {
    if (this.#faults.length >= mostFaults) return;
    const invariant = this.#invariant;
    this.#faults.push({ invariant, sequence, subject, expected: String(expected), found: String(found) });
  }

  /** Notes a fault if the two differ. */
  compare(sequence: number, subject: string, expected: unknown, found: unknown): void {
    if (String(expected) !== String(found)) this.add(sequence, subject, expected, found);
  }
}
