import { commonArguments, type FunctionCall, type IdempotencyArguments, textsOf } from "../function-call.ts";
import { decodeEntry, type JournalEntry } from "../journal-entry.ts";
import { accountKeys, postingKeys } from "../keys.ts";
import { type PostingReply, parsePosting } from "../posting-reply.ts";

/** Arguments of `reverse_credit`. */
export interface ReverseCreditArguments {
  readonly accountId: string;
  readonly idempotency: IdempotencyArguments;
  readonly memo: string;
  readonly source: string;
  readonly externalReference: string;
  /** What is reversed in all. */
  readonly reversedAtoms: bigint;
  /** 1 or more. */
  readonly revision: bigint;
}

/** What a reversal came to. */
export type ReversalReply =
  | { readonly changed: true; readonly posting: PostingReply }
  | {
      readonly changed: false;
      readonly replayed: boolean;
      /** Whether another revision, the same or a newer one, was known. */
      readonly superseded: boolean;
      readonly balanceEntry: JournalEntry;
      readonly currencyCode: string;
      readonly ledgerScale: number;
    };

/** Sets how much of a credit is reversed in all. */
export function reverseCreditCall(input: ReverseCreditArguments): FunctionCall<ReversalReply> {
  const keys = accountKeys(input.accountId);
  return {
    name: "reverse_credit",
    keys: (day) => postingKeys(keys, day),
    args: (day) => [
      ...commonArguments(input.accountId, day, input.idempotency, input.memo),
      input.source,
      input.externalReference,
      String(input.reversedAtoms),
      String(input.revision),
    ],
    parse: (reply) => {
      const [replayed, text, balanceText, state, currencyCode, ledgerScale] = textsOf(reply, 6);
      if (text !== "") return { changed: true, posting: parsePosting(reply) };
      return {
        changed: false,
        replayed: replayed === "1",
        superseded: state === "superseded",
        balanceEntry: decodeEntry(balanceText!),
        currencyCode: currencyCode!,
        ledgerScale: Number(ledgerScale),
      };
    },
  };
}
