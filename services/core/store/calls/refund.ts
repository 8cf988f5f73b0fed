import { commonArguments, type FunctionCall, type IdempotencyArguments } from "../function-call.ts";
import { accountKeys, postingKeys } from "../keys.ts";
import { type PostingReply, parsePosting } from "../posting-reply.ts";

/** Arguments of `refund`. */
export interface RefundArguments {
  readonly accountId: string;
  readonly idempotency: IdempotencyArguments;
  readonly memo: string;
  /** The entry that is given back. */
  readonly sequence: number;
  /** Undefined for all that is left. */
  readonly amountAtoms: bigint | undefined;
}

/** Gives back part or all of what an entry spent. */
export function refundCall(input: RefundArguments): FunctionCall<PostingReply> {
  const keys = accountKeys(input.accountId);
  return {
    name: "refund",
    keys: (day) => [...postingKeys(keys, day), keys.refunds],
    args: (day, archivedEntry = "") => [
      ...commonArguments(input.accountId, day, input.idempotency, input.memo),
      String(input.sequence),
      input.amountAtoms === undefined ? "" : String(input.amountAtoms),
      archivedEntry,
    ],
    parse: parsePosting,
  };
}
