import {
  type AmountUnit,
  commonArguments,
  type FunctionCall,
  type IdempotencyArguments,
  unitArguments,
} from "../function-call.ts";
import { accountKeys, postingKeys } from "../keys.ts";
import { type PostingReply, parsePosting } from "../posting-reply.ts";
import { type QuoteUse, quoteArgument } from "../quote-use.ts";

/** Arguments of `charge`. */
export interface ChargeArguments {
  readonly accountId: string;
  readonly idempotency: IdempotencyArguments;
  readonly memo: string;
  readonly amountAtoms: bigint;
  readonly unit: AmountUnit;
  /** Undefined for none. */
  readonly quote: QuoteUse | undefined;
}

/** A one-shot debit. */
export function chargeCall(input: ChargeArguments): FunctionCall<PostingReply> {
  const keys = accountKeys(input.accountId);
  return {
    name: "charge",
    batch: "debit",
    keys: (day) => postingKeys(keys, day),
    args: (day) => [
      ...commonArguments(input.accountId, day, input.idempotency, input.memo),
      String(input.amountAtoms),
      quoteArgument(input.quote),
      ...unitArguments(input.unit),
    ],
    parse: parsePosting,
  };
}
