import type { GrantRecord } from "../store/grant-record.ts";
import { encodeTransactionId } from "./resource-id.ts";

/** Money with a purpose, a priority or an end, in atoms of its account. */
export interface Grant extends Omit<GrantRecord, "sequence" | "expiredAtoms"> {
  /** Id of the credit that made it. */
  readonly grantId: string;
}

/** What is left of a grant and what of that is earmarked. */
export type GrantAmounts = Pick<GrantRecord, "remainingAtoms" | "earmarkedAtoms">;

/** Grants in the order in which they burn: priority, soonest expiry, oldest. */
export function toGrants(accountId: string, records: readonly GrantRecord[]): Grant[] {
  return records
    .toSorted(
      (a, b) =>
        a.priority - b.priority ||
        compareExpiry(a.expiresMs ?? never, b.expiresMs ?? never) ||
        a.sequence - b.sequence,
    )
    .map(({ sequence, expiredAtoms: _, ...grant }) => ({
      grantId: encodeTransactionId({ accountId, sequence }),
      ...grant,
    }));
}

const never = Number.POSITIVE_INFINITY;

function compareExpiry(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
