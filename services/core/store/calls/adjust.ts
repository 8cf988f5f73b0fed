import { commonArguments, type FunctionCall, type IdempotencyArguments } from "../function-call.ts";
import { accountKeys, postingKeys } from "../keys.ts";
import { type PostingReply, parsePosting } from "../posting-reply.ts";

/** Arguments of `adjust`. */
export interface AdjustArguments {
  readonly accountId: string;
  readonly idempotency: IdempotencyArguments;
  readonly memo: string;
  /** Signed. */
  readonly amountAtoms: bigint;
  readonly allowNegative: boolean;
}

/** A signed correction. */
export function adjustCall(input: AdjustArguments): FunctionCall<PostingReply> {
  const keys = accountKeys(input.accountId);
  return {
    name: "adjust",
    keys: (day) => postingKeys(keys, day),
    args: (day) => [
      ...commonArguments(input.accountId, day, input.idempotency, input.memo),
      String(input.amountAtoms),
      input.allowNegative ? "1" : "0",
    ],
    parse: parsePosting,
  };
}
