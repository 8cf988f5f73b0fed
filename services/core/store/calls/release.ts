import { commonArguments, type FunctionCall, type IdempotencyArguments } from "../function-call.ts";
import { accountKeys, holdKeys } from "../keys.ts";
import { type PostingReply, parsePosting } from "../posting-reply.ts";

/** Arguments of `release`. */
export interface ReleaseArguments {
  readonly accountId: string;
  readonly idempotency: IdempotencyArguments;
  readonly memo: string;
  readonly holdSequence: number;
  readonly holdDay: number;
}

/** Frees what remains of a hold. */
export function releaseCall(input: ReleaseArguments): FunctionCall<PostingReply> {
  const keys = accountKeys(input.accountId);
  return {
    name: "release",
    batch: "settle",
    keys: (day) => holdKeys(keys, day, input.holdDay),
    args: (day) => [
      ...commonArguments(input.accountId, day, input.idempotency, input.memo),
      String(input.holdSequence),
      String(input.holdDay),
    ],
    parse: parsePosting,
  };
}
