import {
  type AmountUnit,
  commonArguments,
  type FunctionCall,
  type IdempotencyArguments,
  unitArguments,
} from "../function-call.ts";
import type { ExpiryAction } from "../hold-record.ts";
import { accountKeys, commonKeys } from "../keys.ts";
import { type PostingReply, parsePosting } from "../posting-reply.ts";
import { type QuoteUse, quoteArgument } from "../quote-use.ts";

/** Arguments of `reserve`. */
export interface ReserveArguments {
  readonly accountId: string;
  readonly idempotency: IdempotencyArguments;
  readonly memo: string;
  readonly amountAtoms: bigint;
  /** 1 ms to 24 h. */
  readonly holdTtlMs: number;
  readonly onExpiry: ExpiryAction;
  /** What the hold fixes for settling: opaque JSON. */
  readonly terms: string;
  readonly unit: AmountUnit;
  /** Undefined for none. */
  readonly quote: QuoteUse | undefined;
}

/** A new hold. */
export function reserveCall(input: ReserveArguments): FunctionCall<PostingReply> {
  const keys = accountKeys(input.accountId);
  return {
    name: "reserve",
    batch: "debit",
    keys: (day) => [...commonKeys(keys, day), keys.openHolds, keys.references],
    args: (day) => [
      ...commonArguments(input.accountId, day, input.idempotency, input.memo),
      String(input.amountAtoms),
      String(input.holdTtlMs),
      input.onExpiry === "CAPTURE" ? "C" : "R",
      input.terms,
      quoteArgument(input.quote),
      ...unitArguments(input.unit),
    ],
    parse: parsePosting,
  };
}
