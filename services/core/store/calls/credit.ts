import { commonArguments, type FunctionCall, type IdempotencyArguments } from "../function-call.ts";
import type { CreditKind } from "../journal-entry.ts";
import { accountKeys, commonKeys } from "../keys.ts";
import { type PostingReply, parsePosting } from "../posting-reply.ts";

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
}

/** Money in, as plain balance. */
export function creditCall(input: CreditArguments): FunctionCall<PostingReply> {
  const keys = accountKeys(input.accountId);
  return {
    name: "credit",
    keys: (day) => [...commonKeys(keys, day), keys.references],
    args: (day) => [
      ...commonArguments(input.accountId, day, input.idempotency, input.memo),
      String(input.amountAtoms),
      input.source,
      input.externalReference,
      input.kind === "PROMOTIONAL" ? "M" : "P",
      input.amountSent,
    ],
    parse: parsePosting,
  };
}
