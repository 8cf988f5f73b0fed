import { type FunctionCall, textsOf } from "../function-call.ts";
import { decodeGrant, type GrantRecord } from "../grant-record.ts";
import { accountKeys } from "../keys.ts";

/** Records of up to 500 grants, active or used up, in the order of the sequences. */
export function readGrantsCall(
  accountId: string,
  sequences: readonly number[],
): FunctionCall<readonly GrantRecord[]> {
  const keys = accountKeys(accountId);
  return {
    name: "read_grants",
    keys: () => [keys.grants, keys.references],
    args: () => sequences.map(String),
    parse: (reply) => {
      const records = textsOf(reply, sequences.length);
      return sequences.map((sequence, index) => decodeGrant(String(sequence), records[index]!));
    },
  };
}
