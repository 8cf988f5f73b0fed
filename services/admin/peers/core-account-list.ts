import { timestampMs } from "@bufbuild/protobuf/wkt";
import { AccountState } from "#gen/billing/core/v1/account_pb.ts";
import type { AccountSummary } from "#gen/billing/core/v1/account_rpc_pb.ts";
import type { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import type { Money } from "#gen/billing/type/v1/money_pb.ts";
import { Decimal } from "#money/decimal.ts";
import type { ServiceClient } from "#platform/client/service-client.ts";
import type * as domain from "../domain/accounts/search-accounts.ts";

const stateNumbers: Readonly<Record<domain.AccountState, AccountState>> = {
  active: AccountState.ACTIVE,
  frozen: AccountState.FROZEN,
  closed: AccountState.CLOSED,
};
const stateNames = new Map(
  Object.entries(stateNumbers).map(([name, number]) => [number, name as domain.AccountState]),
);

/** Lists accounts with their balances from Billing Core. */
export function createAccountLister(
  core: Pick<ServiceClient<typeof BillingCoreService>, "listAccounts">,
): domain.AccountLister {
  return async ({ idPrefix, currencyCode, state, labels }, pageSize, pageToken) => {
    const page = await core.listAccounts({
      accountIdPrefix: idPrefix,
      currencyCode,
      state: state === undefined ? AccountState.UNSPECIFIED : stateNumbers[state],
      labels,
      pageSize,
      pageToken,
    });
    return { accounts: page.accounts.map(toListed), nextPageToken: page.nextPageToken };
  };
}

function toListed({ account, balance }: AccountSummary): domain.ListedAccount {
  const state = stateNames.get(account?.state ?? AccountState.UNSPECIFIED);
  if (account?.createdAt === undefined || balance === undefined || state === undefined)
    throw new Error(`Billing Core listed the account ${account?.accountId ?? ""} in part only`);
  const lastActivity = balance.sequence > 0n ? balance.updatedAt : undefined;
  return {
    accountId: account.accountId,
    state,
    currencyCode: account.currencyCode,
    available: amountOf(balance.available),
    reserved: amountOf(balance.reserved),
    spendable: amountOf(balance.spendable),
    labels: account.labels,
    createdAtMs: timestampMs(account.createdAt),
    lastActivityAtMs: lastActivity && timestampMs(lastActivity),
  };
}

function amountOf(money: Money | undefined): Decimal {
  if (money === undefined) throw new Error("Billing Core listed a balance in part only");
  return Decimal.parse(money.amount);
}
