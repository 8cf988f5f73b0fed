import type { EntryLeg, EntryType } from "../../store/journal-entry.ts";

type Column = EntryLeg["column"];

/** Which columns an entry of each type may move; the journal is refolded by it and docs/ledger.md shows it. */
export const movedColumns: Readonly<Record<EntryType, readonly Column[]>> = {
  ACCOUNT_CREATED: [],
  CREDIT: ["external", "available"],
  CHARGE: ["available", "spent"],
  RESERVE: ["available", "reserved"],
  EXTEND: ["available", "reserved"],
  COMMIT: ["reserved", "available", "spent", "expired"],
  RELEASE: ["reserved", "available", "expired"],
  HOLD_EXPIRED: ["reserved", "available", "spent", "expired"],
  GRANT_EXPIRED: ["available", "expired"],
  REFUND: ["spent", "available", "expired"],
  CREDIT_REVERSED: ["external", "available", "expired"],
  ADJUSTMENT: ["external", "available"],
  ACCOUNT_UPDATED: [],
  ACCOUNT_FROZEN: [],
  ACCOUNT_UNFROZEN: [],
  ACCOUNT_CLOSED: [],
};

/** The sum of an entry's legs on one column. */
export function legSum(legs: readonly EntryLeg[], column: Column): bigint {
  return legs.reduce((sum, leg) => (leg.column === column ? sum + leg.amountAtoms : sum), 0n);
}
