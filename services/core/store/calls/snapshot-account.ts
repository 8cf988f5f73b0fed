import { type FunctionCall, textsOf } from "../function-call.ts";
import { accountKeys } from "../keys.ts";

/** The columns of an account and what belongs to them, as stored at one moment; texts as they stand. */
export interface AccountSnapshot {
  readonly journalLength: string;
  readonly listed: boolean;
  readonly sequence: string;
  readonly lastTimeMs: string;
  /** Entries that are no longer online. */
  readonly base: string;
  readonly creditLimit: string;
  readonly available: string;
  readonly reserved: string;
  readonly funded: string;
  readonly spent: string;
  readonly expired: string;
  /** Joined by spaces; empty if none. */
  readonly freezeReasons: string;
  /** "1" or empty. */
  readonly closed: string;
}

/** What a verification compares with the journal. */
export function snapshotAccountCall(accountId: string): FunctionCall<AccountSnapshot> {
  const keys = accountKeys(accountId);
  return {
    name: "snapshot_account",
    keys: () => [keys.account, keys.journal, keys.listing],
    args: () => [accountId],
    parse: (reply) => {
      const [journalLength, listed, q, t, b, l, a, r, f, s, x, z, c] = textsOf(reply, 13);
      return {
        journalLength: journalLength!,
        listed: listed === "1",
        sequence: q!,
        lastTimeMs: t!,
        base: b === "" ? "0" : b!,
        creditLimit: l!,
        available: a!,
        reserved: r!,
        funded: f!,
        spent: s!,
        expired: x!,
        freezeReasons: z!,
        closed: c!,
      };
    },
  };
}
