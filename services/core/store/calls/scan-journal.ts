import { type FunctionCall, textsOf } from "../function-call.ts";
import { accountKeys } from "../keys.ts";

/** Online entries as they stand. */
export interface JournalScan {
  /** Entries up to this sequence are in the archive. */
  readonly base: number;
  /** From the place of the first sequence on; none if the base has passed it. */
  readonly texts: readonly string[];
}

/** The online entries from `first` to `last` as they stand, also of a damaged journal; fewer if they are large. */
export function scanJournalCall(accountId: string, first: number, last: number): FunctionCall<JournalScan> {
  const keys = accountKeys(accountId);
  return {
    name: "scan_journal",
    keys: () => [keys.account, keys.journal],
    args: () => [String(first), String(last)],
    parse: (reply) => {
      const [base, ...texts] = textsOf(reply, 1);
      return { base: Number(base), texts };
    },
  };
}
