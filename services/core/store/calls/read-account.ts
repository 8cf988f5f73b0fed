import { type AccountReply, parseAccountReply } from "../account-record.ts";
import type { FunctionCall } from "../function-call.ts";
import { accountKeys } from "../keys.ts";

/** An account's settings, state and columns. */
export function readAccountCall(accountId: string): FunctionCall<AccountReply> {
  const keys = accountKeys(accountId);
  return {
    name: "read_account",
    keys: () => [keys.account, keys.grants],
    args: () => [],
    parse: parseAccountReply,
  };
}
