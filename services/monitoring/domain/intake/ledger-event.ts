import type { OutboxEntry } from "../../store/intake/outbox-entry.ts";
import { type EntryType, entryTypes } from "../metrics/definitions/ledger-metrics.ts";

/** A journal entry as far as it is counted, in atoms of the account. */
export interface LedgerEvent {
  readonly accountId: string;
  readonly sequence: number;
  readonly atMs: number;
  readonly type: EntryType;
  /** Columns after it. */
  readonly postedAtoms: bigint;
  readonly reservedAtoms: bigint;
  readonly creditLimitAtoms: bigint;
  readonly legs: readonly EventLeg[];
  /** 1 if it opened a hold, −1 if it ended one, else 0. */
  readonly openHoldsChange: number;
  readonly source: string;
  readonly uncollectedAtoms: bigint;
}

export interface EventLeg {
  readonly column: "external" | "available" | "reserved" | "spent" | "expired";
  readonly amountAtoms: bigint;
  readonly kind: "purchased" | "promotional";
}

const typesByLetter: Readonly<Record<string, EntryType>> = Object.fromEntries(
  [..."ACDHESRXGBVJUFTZ"].map((letter, position) => [letter, entryTypes[position]!]),
);
const columns = {
  e: "external",
  a: "available",
  r: "reserved",
  s: "spent",
  x: "expired",
} as const;

/**
 * The event that an entry of an outbox tells of.
 *
 * @throws TypeError if its type is unknown.
 */
export function toLedgerEvent(entry: OutboxEntry): LedgerEvent {
  const type = typesByLetter[entry.type];
  if (type === undefined) throw new TypeError(`an outbox entry has the unknown type ${entry.type}`);
  return {
    accountId: entry.accountId,
    sequence: entry.sequence,
    atMs: entry.timeMs,
    type,
    postedAtoms: entry.availableAtoms + entry.reservedAtoms,
    reservedAtoms: entry.reservedAtoms,
    creditLimitAtoms: entry.creditLimitAtoms,
    legs: entry.legs.map(({ column, amountAtoms, kind }) => ({
      column: columns[column as keyof typeof columns],
      amountAtoms,
      kind: kind === "M" ? "promotional" : "purchased",
    })),
    openHoldsChange: openHoldsChange(type, entry.hold),
    source: entry.source,
    uncollectedAtoms: entry.uncollectedAtoms,
  };
}

/** A late commit (settled by L) settles a hold that its expiry had ended. */
function openHoldsChange(type: EntryType, hold: OutboxEntry["hold"]): number {
  if (type === "RESERVE") return 1;
  return hold !== undefined && hold.state !== "H" && hold.settledBy !== "L" ? -1 : 0;
}
