import type { CreditKind, EntryLeg, EntryType, JournalEntry } from "../store/journal-entry.ts";
import { type Balance, balanceAfter } from "./balance.ts";
import { encodeReservationId, encodeTransactionId } from "./resource-id.ts";

export type { CreditKind } from "../store/journal-entry.ts";
/** What happened; the names of `billing.core.v1.TransactionType`. */
export type TransactionType = EntryType;

/** One side of a movement: positive into the column, negative out of it. */
export interface Leg {
  /** `external:<source>`, `available`, `reserved`, `spent` or `expired`. */
  readonly column: string;
  readonly amountAtoms: bigint;
  /** Id of the credit that made the grant; undefined for plain balance. */
  readonly grantId: string | undefined;
  readonly kind: CreditKind;
}

/** A journal entry, in atoms of the account. */
export interface Transaction {
  readonly transactionId: string;
  readonly accountId: string;
  readonly sequence: number;
  readonly type: TransactionType;
  /** The change of posted. */
  readonly amountAtoms: bigint;
  /** They sum to zero. */
  readonly legs: readonly Leg[];
  readonly balanceAfter: Balance;
  readonly createdMs: number;
  /** The hold concerned; undefined when none is. */
  readonly reservationId: string | undefined;
  /** What a refund or reversal gives back; undefined otherwise. */
  readonly originalTransactionId: string | undefined;
  /** Empty unless money came from outside. */
  readonly source: string;
  readonly externalReference: string;
  /** What the account could not pay. */
  readonly uncollectedAtoms: bigint;
  /** What refunds have given back of it so far. */
  readonly refundedAtoms: bigint;
  /** 1 if the entry opened a hold, −1 if it ended one, else 0. */
  readonly openHoldsChange: number;
  /** Empty for expiries. */
  readonly idempotencyKey: string;
  /** Opaque JSON as given to the operation; maybe empty. */
  readonly memo: string;
}

/** The transaction that an entry describes; nothing of a new one was given back. */
export function toTransaction(accountId: string, entry: JournalEntry, refundedAtoms = 0n): Transaction {
  const { sequence, type, hold, originalSequence, source } = entry;
  return {
    transactionId: encodeTransactionId({ accountId, sequence }),
    accountId,
    sequence,
    type,
    amountAtoms: postedChange(entry.legs),
    legs: entry.legs.map((leg) => toLeg(accountId, source, leg)),
    balanceAfter: balanceAfter(accountId, entry),
    createdMs: entry.timeMs,
    reservationId: hold && encodeReservationId({ accountId, sequence: hold.sequence, day: hold.day }),
    originalTransactionId:
      originalSequence === undefined
        ? undefined
        : encodeTransactionId({ accountId, sequence: originalSequence }),
    source,
    externalReference: entry.externalReference,
    uncollectedAtoms: entry.uncollectedAtoms,
    refundedAtoms,
    openHoldsChange: openHoldsChange(entry),
    idempotencyKey: entry.idempotencyKey,
    memo: entry.memo,
  };
}

/** A late commit settles a hold that its expiry had ended. */
function openHoldsChange({ type, hold }: JournalEntry): number {
  if (type === "RESERVE") return 1;
  const ended = hold !== undefined && hold.state !== "HELD" && hold.settledBy !== "LATE_COMMIT";
  return ended ? -1 : 0;
}

function toLeg(accountId: string, source: string, leg: EntryLeg): Leg {
  const { column, amountAtoms, kind, grantSequence } = leg;
  return {
    column: column === "external" ? `external:${source}` : column,
    amountAtoms,
    kind,
    grantId:
      grantSequence === undefined ? undefined : encodeTransactionId({ accountId, sequence: grantSequence }),
  };
}

function postedChange(legs: readonly EntryLeg[]): bigint {
  return legs
    .filter(({ column }) => column === "available" || column === "reserved")
    .reduce((sum, { amountAtoms }) => sum + amountAtoms, 0n);
}
