import type { JournalEntry } from "../store/journal-entry.ts";
import type { ReservationReference } from "./resource-id.ts";
import type { TransactionType } from "./transaction.ts";

/** Which entries of an account to show; everything given must match. */
export interface TransactionFilter {
  /** Empty means all. */
  readonly types: readonly TransactionType[];
  /** Not before this time, epoch milliseconds; undefined means from the beginning. */
  readonly fromMs: number | undefined;
  /** Before this time; undefined means to the end. */
  readonly untilMs: number | undefined;
  /** Only entries of this hold; undefined means any. */
  readonly reservation: ReservationReference | undefined;
  /** Empty means any. */
  readonly externalReference: string;
}

/** Whether an entry is one of those asked for; times are a matter of the range that is read. */
export function matchesFilter(entry: JournalEntry, filter: TransactionFilter): boolean {
  const { types, reservation, externalReference } = filter;
  if (types.length > 0 && !types.includes(entry.type)) return false;
  if (externalReference !== "" && entry.externalReference !== externalReference) return false;
  if (reservation === undefined) return true;
  return entry.hold?.sequence === reservation.sequence && entry.hold.day === reservation.day;
}

/** Whether every entry of the range matches, so that none is read in vain. */
export function matchesAll({ types, reservation, externalReference }: TransactionFilter): boolean {
  return types.length === 0 && reservation === undefined && externalReference === "";
}
