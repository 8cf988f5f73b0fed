import { type AccountReply, parseAccountReply } from "../account-record.ts";
import type { FunctionCall } from "../function-call.ts";
import { accountKeys, commonKeys } from "../keys.ts";

/** Arguments of `set_freeze`. */
export interface SetFreezeArguments {
  readonly accountId: string;
  /** 1 to 64 visible characters. */
  readonly freezeReason: string;
  /** False lifts it. */
  readonly adds: boolean;
  readonly memo: string;
}

/** A freeze reason more or less; `unchanged` of the reply says that nothing was to change. */
export function setFreezeCall(input: SetFreezeArguments): FunctionCall<AccountReply> {
  const keys = accountKeys(input.accountId);
  return {
    name: "set_freeze",
    keys: (day) => commonKeys(keys, day),
    args: () => [input.accountId, input.freezeReason, input.adds ? "1" : "0", input.memo],
    parse: parseAccountReply,
  };
}
