import type { CreditKind, JournalEntry } from "../../store/journal-entry.ts";
import type { FaultNotes } from "./fault-list.ts";
import { legSum } from "./leg-rules.ts";

/** A grant as the legs tell it, in atoms. */
export interface FoldedGrant {
  /** Sequence of the credit that made it. */
  readonly sequence: number;
  readonly kind: CreditKind;
  /** What was granted; undefined if it was finished before the fold began. */
  amountAtoms: bigint | undefined;
  /** With what holds have earmarked. */
  remainingAtoms: bigint;
  earmarkedAtoms: bigint;
  /** Since the fold began, if `amountAtoms` is undefined. */
  expiredAtoms: bigint;
}

/** Folds the legs that name a grant. */
export class GrantFold {
  readonly grants = new Map<number, FoldedGrant>();
  readonly #base: number;

  /** `base`: the fold begins after this sequence; `grants`: those with something remaining then. */
  constructor(base: number, grants: readonly FoldedGrant[]) {
    this.#base = base;
    for (const grant of grants) this.grants.set(grant.sequence, { ...grant });
  }

  apply(entry: JournalEntry, faults: FaultNotes): void {
    const touched = new Set<FoldedGrant>();
    for (const leg of entry.legs) {
      if (leg.grantSequence === undefined) continue;
      const grant = this.#find(entry, leg.grantSequence, leg.kind);
      if (grant === undefined) {
        faults.add(entry.sequence, "legs", "a known grant", `grant ${leg.grantSequence}`);
        continue;
      }
      touched.add(grant);
      faults.compare(entry.sequence, `grant ${grant.sequence} kind`, grant.kind, leg.kind);
      if (leg.column === "available" || leg.column === "reserved") grant.remainingAtoms += leg.amountAtoms;
      if (leg.column === "reserved") grant.earmarkedAtoms += leg.amountAtoms;
      if (leg.column === "expired") grant.expiredAtoms += leg.amountAtoms;
    }
    for (const grant of touched) requireSense(entry.sequence, grant, faults);
  }

  #find(entry: JournalEntry, sequence: number, kind: CreditKind): FoldedGrant | undefined {
    const known = this.grants.get(sequence);
    if (known !== undefined) return known;
    const isNew = sequence === entry.sequence && entry.type === "CREDIT";
    if (!isNew && sequence > this.#base) return undefined;
    const grant: FoldedGrant = {
      sequence,
      kind,
      amountAtoms: isNew ? -legSum(entry.legs, "external") : undefined,
      remainingAtoms: 0n,
      earmarkedAtoms: 0n,
      expiredAtoms: 0n,
    };
    this.grants.set(sequence, grant);
    return grant;
  }
}

function requireSense(sequence: number, grant: FoldedGrant, faults: FaultNotes): void {
  const free = grant.remainingAtoms - grant.earmarkedAtoms;
  if (free < 0n) faults.add(sequence, `grant ${grant.sequence} remaining`, "0 or more", free);
  if (grant.earmarkedAtoms < 0n)
    faults.add(sequence, `grant ${grant.sequence} earmarked`, "0 or more", grant.earmarkedAtoms);
}
