import { type FunctionCall, textsOf } from "../function-call.ts";
import { decodeEntry, type JournalEntry } from "../journal-entry.ts";
import { accountKeys, holdKeys } from "../keys.ts";

/** What became of a hold or a grant that may have been due. */
export type ExpiryOutcome =
  | { readonly outcome: "EXPIRED"; readonly entry: JournalEntry }
  | { readonly outcome: "OPEN"; readonly expiresMs: number }
  | { readonly outcome: "GONE" };

/** Performs the expiry of a hold if it is due; doing it twice has the effect of once. */
export function expireHoldCall(
  accountId: string,
  holdSequence: number,
  holdDay: number,
): FunctionCall<ExpiryOutcome> {
  const keys = accountKeys(accountId);
  return {
    name: "expire_hold",
    batch: "expiry",
    keys: (day) => holdKeys(keys, day, holdDay),
    args: () => [accountId, String(holdSequence), String(holdDay)],
    parse: parseExpiry,
  };
}

/** Reads the reply of `expire_hold` and `expire_grant`. */
export function parseExpiry(reply: unknown): ExpiryOutcome {
  const [outcome, detail] = textsOf(reply, 1);
  if (outcome === "expired") return { outcome: "EXPIRED", entry: decodeEntry(detail!) };
  return outcome === "open" ? { outcome: "OPEN", expiresMs: Number(detail) } : { outcome: "GONE" };
}
