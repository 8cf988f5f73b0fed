import { type AccountReply, parseAccountReply } from "../account-record.ts";
import type { FunctionCall } from "../function-call.ts";
import { accountKeys, commonKeys } from "../keys.ts";

/** Arguments of `close_account`. */
export interface CloseAccountArguments {
  readonly accountId: string;
  /** The version that the decision is based on; 0 means any. */
  readonly configVersion: number;
  readonly memo: string;
}

/** Closes an empty account; `unchanged` of the reply says that it was closed before. */
export function closeAccountCall(input: CloseAccountArguments): FunctionCall<AccountReply> {
  const keys = accountKeys(input.accountId);
  return {
    name: "close_account",
    keys: (day) => [...commonKeys(keys, day), keys.openHolds, keys.references],
    args: () => [input.accountId, String(input.configVersion), input.memo],
    parse: parseAccountReply,
  };
}
