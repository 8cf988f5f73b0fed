import { type AccountReply, parseAccountReply } from "../account-record.ts";
import { type FunctionCall, textsOf } from "../function-call.ts";
import { decodeGrant, type GrantRecord } from "../grant-record.ts";
import { accountKeys } from "../keys.ts";

/** An account with its active grants, of one moment. */
export interface BalanceReply extends AccountReply {
  /** In no special order. */
  readonly grants: readonly GrantRecord[];
}

const accountTexts = 17;

/** An account's settings, state, columns and active grants. */
export function readBalanceCall(accountId: string): FunctionCall<BalanceReply> {
  const keys = accountKeys(accountId);
  return {
    name: "read_balance",
    keys: () => [keys.account, keys.grants],
    args: () => [],
    parse: (reply) => {
      const texts = textsOf(reply, accountTexts);
      const grants: GrantRecord[] = [];
      for (let at = accountTexts; at + 1 < texts.length; at += 2)
        grants.push(decodeGrant(texts[at]!, texts[at + 1]!));
      return { ...parseAccountReply(texts.slice(0, accountTexts)), grants };
    },
  };
}
