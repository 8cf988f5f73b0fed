import type { FunctionCall, IdempotencyArguments } from "../function-call.ts";
import { accountKeys, postingKeys } from "../keys.ts";
import { type PostingReply, parsePosting } from "../posting-reply.ts";

/** Names a credit for ever. */
export interface CreditReference {
  readonly source: string;
  readonly externalReference: string;
  /** What the caller sent, in canonical form; must be what it was the first time. */
  readonly amountSent: string;
}

/** Arguments of `find_replay`. */
export interface FindReplayArguments {
  readonly accountId: string;
  readonly idempotency: IdempotencyArguments;
  readonly reference: CreditReference | undefined;
}

/** The first answer to a repeated call; undefined if the call is a new one. */
export function findReplayCall(input: FindReplayArguments): FunctionCall<PostingReply | undefined> {
  const { accountId, idempotency, reference } = input;
  const keys = accountKeys(accountId);
  return {
    name: "find_replay",
    keys: (day) => postingKeys(keys, day),
    args: (day) => [
      accountId,
      String(day),
      idempotency.field,
      idempotency.fingerprint,
      reference?.source ?? "",
      reference?.externalReference ?? "",
      reference?.amountSent ?? "",
    ],
    parse: (reply) => (Array.isArray(reply) && reply.length === 0 ? undefined : parsePosting(reply)),
  };
}
