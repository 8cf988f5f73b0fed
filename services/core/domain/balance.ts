import type { AccountRecord } from "../store/account-record.ts";
import type { Columns, JournalEntry } from "../store/journal-entry.ts";

/**
 * The columns of an account at one sequence, in atoms of its ledger scale. Always: funded = available +
 * reserved + spent + expired.
 */
export interface Balance {
  readonly accountId: string;
  /** funded − spent − expired = available + reserved. */
  readonly postedAtoms: bigint;
  /** Held by open reservations. */
  readonly reservedAtoms: bigint;
  readonly availableAtoms: bigint;
  /** What a new debit or hold may take: available + credit limit. */
  readonly spendableAtoms: bigint;
  readonly creditLimitAtoms: bigint;
  readonly fundedAtoms: bigint;
  readonly spentAtoms: bigint;
  readonly expiredAtoms: bigint;
  /** Journal entries that this balance includes. */
  readonly sequence: number;
  /** Time of the last of them. */
  readonly updatedMs: number;
}

/** The balance after a journal entry. */
export function balanceAfter(accountId: string, { columns, sequence, timeMs }: JournalEntry): Balance {
  return toBalance(accountId, columns, sequence, timeMs);
}

/** The balance of an account as it stands. */
export function balanceOf(accountId: string, { columns, sequence, updatedMs }: AccountRecord): Balance {
  return toBalance(accountId, columns, sequence, updatedMs);
}

/** Column by column: a copy of an object whose names the engine must look up costs a microsecond of every answer. */
function toBalance(accountId: string, columns: Columns, sequence: number, updatedMs: number): Balance {
  const { availableAtoms, reservedAtoms, creditLimitAtoms, fundedAtoms, spentAtoms, expiredAtoms } = columns;
  return {
    accountId,
    postedAtoms: availableAtoms + reservedAtoms,
    spendableAtoms: availableAtoms + creditLimitAtoms,
    availableAtoms,
    reservedAtoms,
    creditLimitAtoms,
    fundedAtoms,
    spentAtoms,
    expiredAtoms,
    sequence,
    updatedMs,
  };
}
