import type { AccountRecord } from "../store/account-record.ts";
import type { JournalEntry } from "../store/journal-entry.ts";

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
export function balanceAfter(accountId: string, entry: JournalEntry): Balance {
  return toBalance(accountId, { ...entry, updatedMs: entry.timeMs });
}

/** The balance of an account as it stands. */
export function balanceOf(accountId: string, account: AccountRecord): Balance {
  return toBalance(accountId, account);
}

function toBalance(
  accountId: string,
  { columns, sequence, updatedMs }: Pick<AccountRecord, "columns" | "sequence" | "updatedMs">,
): Balance {
  return {
    accountId,
    postedAtoms: columns.availableAtoms + columns.reservedAtoms,
    spendableAtoms: columns.availableAtoms + columns.creditLimitAtoms,
    ...columns,
    sequence,
    updatedMs,
  };
}
