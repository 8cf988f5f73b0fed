import { Code, ConnectError } from "@connectrpc/connect";
import { AccountState } from "#gen/billing/core/v1/account_pb.ts";
import type { AccountSummary } from "#gen/billing/core/v1/account_rpc_pb.ts";
import type { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import type { Money } from "#gen/billing/type/v1/money_pb.ts";
import { Decimal } from "#money/decimal.ts";
import type { ServiceClient } from "#platform/client/service-client.ts";
import type { AccountFigures } from "../domain/account-totals.ts";
import type { AccountPageReader } from "../domain/walk-accounts.ts";

/** The largest page that Core gives. */
const pageSize = 1_000;

/** Reads accounts with their balances from Billing Core. */
export function createAccountPageReader(
  core: Pick<ServiceClient<typeof BillingCoreService>, "listAccounts">,
): AccountPageReader {
  return async (pageToken) => {
    const page = await core.listAccounts({ pageSize, pageToken }).catch((error: unknown) => {
      throw isUnimplemented(error)
        ? new Error("this Billing Core does not list accounts", { cause: error })
        : error;
    });
    return { accounts: page.accounts.map(toFigures), nextPageToken: page.nextPageToken };
  };
}

function isUnimplemented(error: unknown): boolean {
  return (
    error instanceof Error && error.cause instanceof ConnectError && error.cause.code === Code.Unimplemented
  );
}

const states: ReadonlyMap<AccountState, AccountFigures["state"]> = new Map([
  [AccountState.ACTIVE, "active"],
  [AccountState.FROZEN, "frozen"],
  [AccountState.CLOSED, "closed"],
]);

function toFigures({ account, balance }: AccountSummary): AccountFigures {
  const state = states.get(account?.state ?? AccountState.UNSPECIFIED);
  if (account === undefined || balance === undefined || state === undefined)
    throw new Error(`the account ${account?.accountId ?? ""} came without its state or balance`);
  const amount = (money: Money | undefined) => {
    if (money?.currencyCode !== account.currencyCode)
      throw new Error(`the account ${account.accountId} came with an amount that is not in its currency`);
    return Decimal.parse(money.amount);
  };
  return {
    state,
    currencyCode: account.currencyCode,
    posted: amount(balance.posted),
    reserved: amount(balance.reserved),
    funded: amount(balance.funded),
    spent: amount(balance.spent),
    expired: amount(balance.expired),
  };
}
