import type { FunctionCall } from "../function-call.ts";
import { accountKeys } from "../keys.ts";

/** Arguments of `archive_entries`. */
export interface ArchiveEntriesArguments {
  readonly accountId: string;
  readonly base: number;
  readonly newBase: number;
  /** SHA-1 of the entry at the new base, in hex: that what is trimmed is what the file holds. */
  readonly lastEntryDigest: string;
  readonly fileName: string;
}

/** Takes entries offline that are in a file. */
export function archiveEntriesCall(input: ArchiveEntriesArguments): FunctionCall<void> {
  const { accountId, base, newBase, lastEntryDigest, fileName } = input;
  const keys = accountKeys(accountId);
  return {
    name: "archive_entries",
    keys: () => [keys.account, keys.journal, keys.archive],
    args: () => [String(base), String(newBase), lastEntryDigest, fileName],
    parse: () => undefined,
  };
}
