import { type AccountReply, parseAccountReply } from "../account-record.ts";
import type { FunctionCall } from "../function-call.ts";
import { accountKeys } from "../keys.ts";

/** Arguments of `create_account`. */
export interface CreateAccountArguments {
  readonly accountId: string;
  readonly currencyCode: string;
  readonly ledgerScale: number;
  readonly creditLimitAtoms: bigint;
  /** Digest of all creation settings, 16 bytes; a repeat is recognised by it. */
  readonly digest: Buffer;
  /** Opaque JSON; empty if all settings are the defaults. */
  readonly settings: string;
}

/** A new account with its first entry. */
export function createAccountCall(input: CreateAccountArguments): FunctionCall<AccountReply> {
  const keys = accountKeys(input.accountId);
  return {
    name: "create_account",
    keys: () => [keys.account, keys.journal, keys.outbox, keys.listing],
    args: () => [
      input.accountId,
      input.currencyCode,
      String(input.ledgerScale),
      String(input.creditLimitAtoms),
      input.digest,
      input.settings,
    ],
    parse: parseAccountReply,
  };
}
