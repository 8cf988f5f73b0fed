import { commonArguments, type FunctionCall, type IdempotencyArguments } from "../function-call.ts";
import { accountKeys, holdKeys } from "../keys.ts";
import { type PostingReply, parsePosting } from "../posting-reply.ts";

/** Arguments of `extend`. */
export interface ExtendArguments {
  readonly accountId: string;
  readonly idempotency: IdempotencyArguments;
  readonly memo: string;
  readonly holdSequence: number;
  readonly holdDay: number;
  /** From now; undefined leaves the expiry. */
  readonly holdTtlMs: number | undefined;
  /** New remaining total; undefined leaves it. */
  readonly remainingAtoms: bigint | undefined;
}

/** A later expiry of a hold, more held, or both. */
export function extendCall(input: ExtendArguments): FunctionCall<PostingReply> {
  const keys = accountKeys(input.accountId);
  return {
    name: "extend",
    keys: (day) => holdKeys(keys, day, input.holdDay),
    args: (day) => [
      ...commonArguments(input.accountId, day, input.idempotency, input.memo),
      String(input.holdSequence),
      String(input.holdDay),
      input.holdTtlMs === undefined ? "" : String(input.holdTtlMs),
      input.remainingAtoms === undefined ? "" : String(input.remainingAtoms),
    ],
    parse: parsePosting,
  };
}
