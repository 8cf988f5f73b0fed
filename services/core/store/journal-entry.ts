import { decodeHold, type HoldSnapshot } from "./hold-record.ts";

/** Letters of the entry types; new ones are added, none is ever changed. */
const entryTypes = {
  A: "ACCOUNT_CREATED",
  C: "CREDIT",
  D: "CHARGE",
  H: "RESERVE",
  E: "EXTEND",
  S: "COMMIT",
  R: "RELEASE",
  X: "HOLD_EXPIRED",
  G: "GRANT_EXPIRED",
  B: "REFUND",
  V: "CREDIT_REVERSED",
  J: "ADJUSTMENT",
  U: "ACCOUNT_UPDATED",
  F: "ACCOUNT_FROZEN",
  T: "ACCOUNT_UNFROZEN",
  Z: "ACCOUNT_CLOSED",
} as const;

/** What an entry records. */
export type EntryType = (typeof entryTypes)[keyof typeof entryTypes];

const legColumns = { e: "external", a: "available", r: "reserved", s: "spent", x: "expired" } as const;
const kinds = { P: "PURCHASED", M: "PROMOTIONAL" } as const;

/** Where money came from. */
export type CreditKind = (typeof kinds)[keyof typeof kinds];

/** One side of a movement, in atoms; all of an entry sum to zero. */
export interface EntryLeg {
  readonly column: (typeof legColumns)[keyof typeof legColumns];
  readonly amountAtoms: bigint;
  readonly kind: CreditKind;
  /** Sequence of the credit that made the grant; undefined for plain balance. */
  readonly grantSequence: number | undefined;
}

/** The columns of an account after an entry, in atoms. */
export interface Columns {
  readonly availableAtoms: bigint;
  readonly reservedAtoms: bigint;
  readonly fundedAtoms: bigint;
  readonly spentAtoms: bigint;
  readonly expiredAtoms: bigint;
  readonly creditLimitAtoms: bigint;
}

/** A journal entry as stored; layout in functions/entry.lua. */
export interface JournalEntry {
  readonly sequence: number;
  readonly timeMs: number;
  readonly type: EntryType;
  readonly columns: Columns;
  readonly legs: readonly EntryLeg[];
  /** Empty for expiries. */
  readonly idempotencyKey: string;
  /** Opaque JSON of the service; may be empty. */
  readonly memo: string;
  /** The hold concerned, as it was after the entry. */
  readonly hold: HoldSnapshot | undefined;
  /** Empty unless money came from outside. */
  readonly source: string;
  readonly externalReference: string;
  readonly uncollectedAtoms: bigint;
  /** Sequence of the entry that this one gives back or reverses. */
  readonly originalSequence: number | undefined;
  /** Terms of a new hold: opaque JSON of the service; may be empty. */
  readonly terms: string;
  /** The quote that it used; empty for none. */
  readonly quoteId: string;
}

const separator = "\u001f";
const legPattern = /^([earsx])(-?\d+)(?:([PM])(\d*))?$/;

/**
 * Reads an entry.
 *
 * @throws TypeError if the text is no entry of a known format.
 */
export function decodeEntry(text: string): JournalEntry {
  const fields = text.split(separator);
  const type = entryTypes[fields[3] as keyof typeof entryTypes];
  if (fields[0] !== "1" || fields.length < 10 || type === undefined) {
    throw new TypeError("a journal entry has an unknown form");
  }
  const field = (position: number): string => fields[position - 1] ?? "";
  const hold = field(14);
  const original = field(18);
  return {
    sequence: Number(field(2)),
    timeMs: Number(field(3)),
    type,
    columns: decodeColumns(fields.slice(4, 10)),
    legs: decodeLegs(field(11)),
    idempotencyKey: field(12),
    memo: field(13),
    hold: hold === "" ? undefined : decodeHold(hold),
    source: field(15),
    externalReference: field(16),
    uncollectedAtoms: BigInt(field(17)),
    originalSequence: original === "" ? undefined : Number(original),
    terms: field(19),
    quoteId: field(20),
  };
}

function decodeColumns(fields: readonly string[]): Columns {
  const [available, reserved, funded, spent, expired, creditLimit] = fields.map(BigInt);
  return {
    availableAtoms: available!,
    reservedAtoms: reserved!,
    fundedAtoms: funded!,
    spentAtoms: spent!,
    expiredAtoms: expired!,
    creditLimitAtoms: creditLimit!,
  };
}

function decodeLegs(text: string): EntryLeg[] {
  if (text === "") return [];
  return text.split(";").map((leg) => {
    const match = legPattern.exec(leg);
    if (match === null) throw new TypeError("a leg of a journal entry has an unknown form");
    const [, column, amount, kind, grant] = match;
    return {
      column: legColumns[column as keyof typeof legColumns],
      amountAtoms: BigInt(amount!),
      kind: kinds[(kind ?? "P") as keyof typeof kinds],
      grantSequence: grant ? Number(grant) : undefined,
    };
  });
}
