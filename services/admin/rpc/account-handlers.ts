import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { SearchAccountsRequest } from "#gen/billing/admin/v1/account_rpc_pb.ts";
import { AccountState, AccountSummarySchema } from "#gen/billing/admin/v1/account_summary_pb.ts";
import type { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { Decimal } from "#money/decimal.ts";
import { invalidField } from "#platform/errors/common-error.ts";
import { defaultPageSize } from "#platform/paging/page.ts";
import type { PageTokens } from "#platform/paging/page-token.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import { optional } from "#platform/rpc/optional.ts";
import {
  type AccountLister,
  type AccountSearch,
  type FoundAccount,
  type SearchPosition,
  searchAccounts,
} from "../domain/accounts/search-accounts.ts";

/** What the handlers work with. */
export interface AccountParts {
  readonly listAccounts: AccountLister;
  readonly pageTokens: PageTokens;
}

const states = {
  active: AccountState.ACTIVE,
  frozen: AccountState.FROZEN,
  closed: AccountState.CLOSED,
} as const;
const stateNames = new Map(
  Object.entries(states).map(([name, number]) => [number as AccountState, name as keyof typeof states]),
);

export function accountHandlers({ listAccounts, pageTokens }: AccountParts) {
  return {
    searchAccounts: async (request) => {
      const search = toSearch(request);
      const labels = Object.entries(search.labels).sort();
      const described = ["accounts", { ...search, labels }];
      const from = pageTokens.decode(described, request.pageToken) as SearchPosition | undefined;
      const limit = request.pageSize || defaultPageSize;
      const { found, next } = await searchAccounts(listAccounts, search, limit, from);
      return {
        accounts: found.map(toSummary),
        nextPageToken: next === undefined ? "" : pageTokens.encode(described, next),
      };
    },
  } satisfies ServiceHandlers<typeof AdminService>;
}

function toSearch({
  text,
  state,
  currencyCode,
  labels,
  spendableAtMost,
}: SearchAccountsRequest): AccountSearch {
  const given = spendableAtMost?.currencyCode ?? "";
  if (currencyCode !== "" && given !== "" && given !== currencyCode)
    throw invalidField("spendable_at_most.currency_code", "differs from currency_code");
  return {
    text,
    state: stateNames.get(state),
    currencyCode: currencyCode || given,
    labels,
    spendableAtMost: spendableAtMost && Decimal.parse(spendableAtMost.amount),
  };
}

function toSummary({ account, matchedField }: FoundAccount) {
  const { currencyCode } = account;
  const money = (amount: Decimal) => ({ currencyCode, amount: amount.toString() });
  return create(AccountSummarySchema, {
    accountId: account.accountId,
    state: states[account.state],
    currencyCode,
    available: money(account.available),
    reserved: money(account.reserved),
    spendable: money(account.spendable),
    labels: { ...account.labels },
    createdAt: timestampFromMs(account.createdAtMs),
    ...optional("lastActivityAt", account.lastActivityAtMs, timestampFromMs),
    matchedField,
  });
}
