import { type FunctionCall, textsOf } from "../function-call.ts";
import { decodeEntry, type JournalEntry } from "../journal-entry.ts";
import { accountKeys } from "../keys.ts";

/** An entry and the unit of its amounts. */
export interface EntryReply {
  readonly entry: JournalEntry;
  readonly currencyCode: string;
  readonly ledgerScale: number;
}

/** A journal entry by sequence. */
export function readEntryCall(accountId: string, sequence: number): FunctionCall<EntryReply> {
  const keys = accountKeys(accountId);
  return {
    name: "read_entry",
    keys: () => [keys.account, keys.journal],
    args: () => [String(sequence)],
    parse: (reply) => {
      const [text, currencyCode, ledgerScale] = textsOf(reply, 3);
      return { entry: decodeEntry(text!), currencyCode: currencyCode!, ledgerScale: Number(ledgerScale) };
    },
  };
}
