import { type FunctionCall, textsOf } from "../function-call.ts";
import { decodeEntry } from "../journal-entry.ts";
import type { EntryRange, JournalRun } from "../journal-reader.ts";
import { accountKeys } from "../keys.ts";

/** The online entries of a range, at most `mostEntries` (0 to 500) of them. */
export function readEntriesCall(
  accountId: string,
  { fromSequence, toSequence, newestFirst }: EntryRange,
  mostEntries: number,
): FunctionCall<JournalRun> {
  const keys = accountKeys(accountId);
  return {
    name: "read_entries",
    keys: () => [keys.account, keys.journal],
    args: () => [String(fromSequence), String(toSequence), String(mostEntries), newestFirst ? "1" : "0"],
    parse: (reply) => {
      const [sequence, base, currencyCode, ledgerScale, created, ...entries] = textsOf(reply, 5);
      const head = {
        sequence: Number(sequence),
        base: Number(base),
        currencyCode: currencyCode!,
        ledgerScale: Number(ledgerScale),
        createdMs: Number(created),
      };
      return { head, entries: entries.map(decodeEntry) };
    },
  };
}
