import { commonArguments, type FunctionCall, type IdempotencyArguments } from "../function-call.ts";
import type { CreditKind } from "../journal-entry.ts";
import { accountKeys, postingKeys } from "../keys.ts";
import { type PostingReply, parsePosting } from "../posting-reply.ts";
import { type QuoteUse, quoteArgument } from "../quote-use.ts";

/** What makes a credit a grant. */
export interface GrantTerms {
  /** 0 to 100; lower burns first, 50 is the priority of plain balance. */
  readonly priority: number;
  /** Epoch milliseconds; undefined means never. */
  readonly expiresMs: number | undefined;
}

/** Arguments of `credit`. */
export interface CreditArguments {
  readonly accountId: string;
  readonly idempotency: IdempotencyArguments;
  readonly memo: string;
  readonly amountAtoms: bigint;
  readonly source: string;
  /** Empty for none. */
  readonly externalReference: string;
  readonly kind: CreditKind;
  /** What the caller sent, in canonical form; a repeat of the reference must have the same. */
  readonly amountSent: string;
  /** Undefined for plain balance. */
  readonly grant: GrantTerms | undefined;
  /** Undefined for none. */
  readonly quote: QuoteUse | undefined;
}

/** Money in. */
export function creditCall(input: CreditArguments): FunctionCall<PostingReply> {
  const keys = accountKeys(input.accountId);
  return {
    name: "credit",
    keys: (day) => postingKeys(keys, day),
    args: (day) => [
      ...commonArguments(input.accountId, day, input.idempotency, input.memo),
      String(input.amountAtoms),
      input.source,
      input.externalReference,
      input.kind === "PROMOTIONAL" ? "M" : "P",
      input.amountSent,
      input.grant === undefined ? "" : String(input.grant.priority),
      input.grant?.expiresMs === undefined ? "" : String(input.grant.expiresMs),
      quoteArgument(input.quote),
    ],
    parse: parsePosting,
  };
}
