import { AccountState } from "#gen/billing/core/v1/account_pb.ts";
import type { ListAccountsRequest } from "#gen/billing/core/v1/account_rpc_pb.ts";
import type { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import type { PageTokens } from "#platform/paging/page-token.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import type { AccountDirectory } from "../domain/account-directory.ts";
import type { AccountFilter, ListPosition } from "../domain/account-listing.ts";
import { CoreError } from "../domain/core-error.ts";
import type { Ledger } from "../domain/ledger.ts";
import type { RateSource } from "../domain/rating-peers.ts";
import { toCreditLimit, toThresholds } from "./account-settings.ts";
import { toAccountMessage, toBalanceMessage } from "./to-account.ts";

type Handlers = Pick<
  ServiceHandlers<typeof BillingCoreService>,
  "createAccount" | "getAccount" | "listAccounts"
>;

/** Accounts. */
export function accountHandlers(
  ledger: Ledger,
  directory: AccountDirectory,
  rates: RateSource,
  pageTokens: PageTokens,
): Handlers {
  return {
    createAccount: async (request) => {
      const currency = await rates.currency(request.currencyCode);
      if (!currency.active)
        throw new CoreError("CURRENCY_INACTIVE", `currency_code: ${currency.code} takes no new accounts`);
      const unit = { currencyCode: currency.code, ledgerScale: currency.ledgerScale };
      const { account, balance, idempotentReplay } = await ledger.createAccount({
        accountId: request.accountId,
        ...unit,
        creditLimitAtoms: request.creditLimit === undefined ? 0n : toCreditLimit(request.creditLimit, unit),
        settings: {
          priceBook: request.priceBook,
          labels: request.labels,
          lowBalanceThresholds: toThresholds(request.lowBalanceThresholds, unit, "low_balance_thresholds"),
        },
      });
      return {
        account: toAccountMessage(account),
        balance: toBalanceMessage(balance, unit),
        idempotentReplay,
      };
    },

    getAccount: async ({ accountId }) => ({
      account: toAccountMessage((await ledger.getAccount(accountId)).account),
    }),

    listAccounts: async (request) => {
      const filter = accountFilterOf(request);
      const pageSize = request.pageSize || 50;
      const after = pageTokens.decode(["ListAccounts", filter], request.pageToken) as
        | ListPosition
        | undefined;
      const { accounts, next } = await directory.list(filter, after, pageSize);
      return {
        accounts: accounts.map(({ account, balance }) => ({
          account: toAccountMessage(account),
          balance: toBalanceMessage(balance, account),
        })),
        nextPageToken: next === undefined ? "" : pageTokens.encode(["ListAccounts", filter], next),
      };
    },
  };
}

const filteredStates: Readonly<Partial<Record<AccountState, AccountFilter["state"]>>> = {
  [AccountState.ACTIVE]: "ACTIVE",
  [AccountState.FROZEN]: "FROZEN",
  [AccountState.CLOSED]: "CLOSED",
};

function accountFilterOf(request: ListAccountsRequest): AccountFilter {
  return {
    idPrefix: request.accountIdPrefix,
    currencyCode: request.currencyCode,
    state: filteredStates[request.state],
    labels: request.labels,
    priceBook: request.priceBook,
  };
}
