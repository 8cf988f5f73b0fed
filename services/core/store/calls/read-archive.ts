import { type FunctionCall, textsOf } from "../function-call.ts";
import { accountKeys } from "../keys.ts";

/** Files of archived entries. */
export interface ArchiveListing {
  /** Entries 1 to this are archived. */
  readonly base: number;
  /** Oldest first. */
  readonly fileNames: readonly string[];
}

/** The files that hold entry `first` or come after it; at most `most`, up to 1,000. */
export function readArchiveCall(
  accountId: string,
  first: number,
  most: number,
): FunctionCall<ArchiveListing> {
  const keys = accountKeys(accountId);
  return {
    name: "read_archive",
    keys: () => [keys.account, keys.archive],
    args: () => [String(first), String(most)],
    parse: (reply) => {
      const [base, ...fileNames] = textsOf(reply, 1);
      return { base: Number(base), fileNames };
    },
  };
}
