import {
  type AmountUnit,
  commonArguments,
  type FunctionCall,
  type IdempotencyArguments,
  unitArguments,
} from "../function-call.ts";
import { accountKeys, holdKeys } from "../keys.ts";
import { type PostingReply, parsePosting } from "../posting-reply.ts";
import { type QuoteUse, quoteArgument } from "../quote-use.ts";

/** What a commit may do when it wants more than is held. */
export type Overage = "REJECT" | "CAP" | "DEBT";

const overageLetters: Readonly<Record<Overage, string>> = { REJECT: "R", CAP: "C", DEBT: "D" };

/** Arguments of `commit`. */
export interface CommitArguments {
  readonly accountId: string;
  readonly idempotency: IdempotencyArguments;
  readonly memo: string;
  readonly holdSequence: number;
  readonly holdDay: number;
  readonly amountAtoms: bigint;
  readonly overage: Overage;
  readonly keepOpen: boolean;
  readonly acceptExpired: boolean;
  readonly unit: AmountUnit;
  /** Undefined for none. */
  readonly quote: QuoteUse | undefined;
}

/** Settles a hold, wholly or in part. */
export function commitCall(input: CommitArguments): FunctionCall<PostingReply> {
  const keys = accountKeys(input.accountId);
  return {
    name: "commit",
    batch: "settle",
    keys: (day) => holdKeys(keys, day, input.holdDay),
    args: (day) => [
      ...commonArguments(input.accountId, day, input.idempotency, input.memo),
      String(input.holdSequence),
      String(input.holdDay),
      String(input.amountAtoms),
      overageLetters[input.overage],
      input.keepOpen ? "1" : "0",
      input.acceptExpired ? "1" : "0",
      quoteArgument(input.quote),
      ...unitArguments(input.unit),
    ],
    parse: parsePosting,
  };
}
