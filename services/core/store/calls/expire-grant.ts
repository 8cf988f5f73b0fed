import type { FunctionCall } from "../function-call.ts";
import { accountKeys, postingKeys } from "../keys.ts";
import { type ExpiryOutcome, parseExpiry } from "./expire-hold.ts";

/** Performs the expiry of a grant if it is due; doing it twice has the effect of once. */
export function expireGrantCall(accountId: string, grantSequence: number): FunctionCall<ExpiryOutcome> {
  const keys = accountKeys(accountId);
  return {
    name: "expire_grant",
    batch: "expiry",
    keys: (day) => postingKeys(keys, day),
    args: () => [accountId, String(grantSequence)],
    parse: parseExpiry,
  };
}
