import type { HoldSettler, HoldSnapshot, HoldState } from "../../store/hold-record.ts";
import type { EntryType, JournalEntry } from "../../store/journal-entry.ts";
import type { FaultNotes } from "./fault-list.ts";
import { legSum } from "./leg-rules.ts";

/** A hold as the entries tell it. */
export interface FoldedHold {
  readonly snapshot: HoldSnapshot;
  /** What is earmarked, by the sequence of its grant, without zeros. */
  readonly allocation: ReadonlyMap<number, bigint>;
}

/** What an entry of a type makes of a hold: from which state to which, settled by what. */
const transitions: Readonly<
  Partial<
    Record<EntryType, ReadonlyArray<readonly [from: HoldState | undefined, to: HoldState, by?: HoldSettler]>>
  >
> = {
  RESERVE: [[undefined, "HELD"]],
  EXTEND: [["HELD", "HELD"]],
  COMMIT: [
    ["HELD", "HELD"],
    ["HELD", "COMMITTED", "COMMIT"],
    ["EXPIRED", "COMMITTED", "LATE_COMMIT"],
  ],
  RELEASE: [["HELD", "RELEASED", "RELEASE"]],
  HOLD_EXPIRED: [
    ["HELD", "EXPIRED", "EXPIRY"],
    ["HELD", "COMMITTED", "EXPIRY"],
  ],
};
const mostSettlements = 32;

/** Folds the holds that entries carry, and checks each against what came before. */
export class HoldFold {
  readonly holds = new Map<number, FoldedHold>();
  readonly #base: number;

  /** `base`: the fold begins after this sequence; `open`: the holds that were open then. */
  constructor(base: number, open: readonly FoldedHold[]) {
    this.#base = base;
    for (const hold of open) this.holds.set(hold.snapshot.sequence, hold);
  }

  apply(entry: JournalEntry, faults: FaultNotes): void {
    const { sequence, hold, legs, type } = entry;
    const allowed = transitions[type];
    if (allowed === undefined) {
      faults.compare(sequence, "reserved legs without a hold", 0n, legSum(legs, "reserved"));
      return;
    }
    if (hold === undefined) {
      faults.add(sequence, "hold", "a hold", "none");
      return;
    }
    const before = this.#before(entry, hold);
    const from = before?.snapshot.state;
    if (!allowed.some(([a, b, by]) => a === from && b === hold.state && by === hold.settledBy)) {
      faults.add(
        sequence,
        `hold ${hold.sequence} state`,
        `${type} of a hold that is ${from ?? "new"}`,
        [hold.state, hold.settledBy].filter(Boolean).join(" by "),
      );
    }
    checkSnapshot(entry, before?.snapshot, hold, faults);
    this.holds.set(hold.sequence, { snapshot: hold, allocation: allocate(entry, before, faults) });
  }

  /** The hold before the entry. One that ended before the fold began can only be committed late. */
  #before({ type, legs }: JournalEntry, hold: HoldSnapshot): FoldedHold | undefined {
    const known = this.holds.get(hold.sequence);
    if (known !== undefined || hold.sequence > this.#base || type !== "COMMIT") return known;
    const snapshot: HoldSnapshot = {
      ...hold,
      state: "EXPIRED",
      settledBy: "EXPIRY",
      remainingAtoms: 0n,
      capturedAtoms: hold.capturedAtoms - legSum(legs, "spent"),
      settlements: hold.settlements.slice(0, -1),
    };
    return { snapshot, allocation: new Map() };
  }
}

function checkSnapshot(
  entry: JournalEntry,
  before: HoldSnapshot | undefined,
  hold: HoldSnapshot,
  faults: FaultNotes,
): void {
  const { sequence, legs, type } = entry;
  const subject = (what: string) => `hold ${hold.sequence} ${what}`;
  const held = legSum(legs, "reserved");
  const taken = legSum(legs, "spent");
  faults.compare(sequence, subject("remaining"), (before?.remainingAtoms ?? 0n) + held, hold.remainingAtoms);
  if (before === undefined) {
    faults.compare(sequence, subject("sequence"), sequence, hold.sequence);
    faults.compare(sequence, subject("held at first"), held, hold.reservedAtoms);
    faults.compare(sequence, subject("captured"), 0n, hold.capturedAtoms);
    return;
  }
  faults.compare(sequence, subject("captured"), before.capturedAtoms + taken, hold.capturedAtoms);
  faults.compare(sequence, subject("created"), before.createdMs, hold.createdMs);
  faults.compare(sequence, subject("day"), before.day, hold.day);
  faults.compare(sequence, subject("action on expiry"), before.onExpiry, hold.onExpiry);
  if (type === "EXTEND") return;
  faults.compare(sequence, subject("held at first"), before.reservedAtoms, hold.reservedAtoms);
  faults.compare(sequence, subject("expiry"), before.expiresMs, hold.expiresMs);
  const settlements = [...before.settlements, sequence].slice(-mostSettlements);
  faults.compare(sequence, subject("settlements"), settlements.join("+"), hold.settlements.join("+"));
}

function allocate(
  { sequence, legs, hold }: JournalEntry,
  before: FoldedHold | undefined,
  faults: FaultNotes,
): Map<number, bigint> {
  const allocation = new Map(before?.allocation);
  for (const { column, grantSequence, amountAtoms } of legs) {
    if (column !== "reserved" || grantSequence === undefined) continue;
    const amount = (allocation.get(grantSequence) ?? 0n) + amountAtoms;
    if (amount < 0n)
      faults.add(sequence, `hold ${hold?.sequence} earmarked of grant ${grantSequence}`, "0 or more", amount);
    if (amount === 0n) allocation.delete(grantSequence);
    else allocation.set(grantSequence, amount);
  }
  return allocation;
}
