import { type FunctionCall, textsOf } from "../function-call.ts";
import { accountKeys } from "../keys.ts";

/** What was given back of 1 to 500 entries, by sequence; an entry of which nothing was is left out. */
export function readRefundsCall(
  accountId: string,
  sequences: readonly number[],
): FunctionCall<ReadonlyMap<number, bigint>> {
  return {
    name: "read_refunds",
    keys: () => [accountKeys(accountId).refunds],
    args: () => sequences.map(String),
    parse: (reply) => {
      const amounts = textsOf(reply, sequences.length);
      return new Map(
        sequences.flatMap((sequence, index) =>
          amounts[index] ? [[sequence, BigInt(amounts[index])] as const] : [],
        ),
      );
    },
  };
}
