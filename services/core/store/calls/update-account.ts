import { type AccountReply, parseAccountReply } from "../account-record.ts";
import type { FunctionCall } from "../function-call.ts";
import { accountKeys, commonKeys } from "../keys.ts";

/** Arguments of `update_account`. */
export interface UpdateAccountArguments {
  readonly accountId: string;
  /** The version that the change is based on. */
  readonly configVersion: number;
  readonly creditLimitAtoms: bigint;
  /** Opaque JSON; empty if all settings are the defaults. */
  readonly settings: string;
  readonly memo: string;
}

/** New credit limit and settings; `unchanged` of the reply says that nothing was to change. */
export function updateAccountCall(input: UpdateAccountArguments): FunctionCall<AccountReply> {
  const keys = accountKeys(input.accountId);
  return {
    name: "update_account",
    keys: (day) => commonKeys(keys, day),
    args: () => [
      input.accountId,
      String(input.configVersion),
      String(input.creditLimitAtoms),
      input.settings,
      input.memo,
    ],
    parse: parseAccountReply,
  };
}
