/** One disagreement between the journal and what is stored, or within the journal. */
export interface VerificationFault {
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

  /** Notes a fault; beyond {@link mostFaults} they are dropped. */
  add(sequence: number, subject: string, expected: unknown, found: unknown): void {
    if (this.#faults.length < mostFaults)
      this.#faults.push({ sequence, subject, expected: String(expected), found: String(found) });
  }

  /** Notes a fault if the two differ. */
  compare(sequence: number, subject: string, expected: unknown, found: unknown): void {
    if (String(expected) !== String(found)) this.add(sequence, subject, expected, found);
  }

  /** The faults, the first wrong entry first: those of entries as the journal was read, then the others. */
  sorted(): VerificationFault[] {
    const ofEntries = this.#faults.filter(({ sequence }) => sequence !== 0);
    return [...ofEntries, ...this.#faults.filter(({ sequence }) => sequence === 0)];
  }
}
