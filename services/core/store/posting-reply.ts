import { textsOf } from "./function-call.ts";
import { decodeEntry, type JournalEntry } from "./journal-entry.ts";

/** What a function that moves money answers; layout in functions/book.lua. */
export interface PostingReply {
  /** Whether an earlier call's answer is given again. */
  readonly replayed: boolean;
  readonly entry: JournalEntry;
  /** The entry whose columns are the balance of the answer; nearly always the same. */
  readonly balanceEntry: JournalEntry;
  /** Terms of the hold concerned: opaque JSON of the service; may be empty. */
  readonly terms: string;
  readonly currencyCode: string;
  readonly ledgerScale: number;
}

/** Reads the reply of a function that moves money. */
export function parsePosting(reply: unknown): PostingReply {
  const [replayed, text, balanceText, terms, currencyCode, ledgerScale] = textsOf(reply, 6);
  const entry = decodeEntry(text!);
  return {
    replayed: replayed === "1",
    entry,
    balanceEntry: balanceText === "" ? entry : decodeEntry(balanceText!),
    terms: terms!,
    currencyCode: currencyCode!,
    ledgerScale: Number(ledgerScale),
  };
}
