import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { AccountSchema, AccountState } from "#gen/billing/core/v1/account_pb.ts";
import { AccountSummarySchema } from "#gen/billing/core/v1/account_rpc_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ErrorReasonSchema } from "#gen/billing/core/v1/error_reason_pb.ts";
import { CommonError } from "#platform/errors/common-error.ts";
import { ServiceError } from "#platform/errors/service-error.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { routesOf } from "#platform/rpc/handlers.ts";
import { startTestService } from "#platform/testing/service.ts";

/** A Billing Core that lists what a test gives it. */
export interface FakeCore {
  /** What it has; a test may replace it. */
  accounts: MessageInitShape<typeof AccountSummarySchema>[];
  /** Accounts on a page, at most what the caller wants. */
  pageSize: number;
  /** Answers UNAVAILABLE while true. */
  broken: boolean;
  /** Calls of ListAccounts so far. */
  calls: number;
  readonly baseUrl: string;
  drain(): Promise<void>;
}

/** Starts it; without `listsAccounts` it answers METHOD_UNAVAILABLE. */
export async function startFakeCore(redis: Redis, { listsAccounts = true } = {}): Promise<FakeCore> {
  const state = { accounts: [] as FakeCore["accounts"], pageSize: 1_000, broken: false, calls: 0 };
  const listAccounts = async ({ pageSize, pageToken }: { pageSize: number; pageToken: string }) => {
    state.calls++;
    if (state.broken) throw new CommonError("STORE_UNAVAILABLE", "the store did not answer");
    const from = Number(pageToken || "0");
    const to = from + Math.min(pageSize || 50, state.pageSize);
    const accounts = state.accounts.slice(from, to).map((each) => create(AccountSummarySchema, each));
    return { accounts, nextPageToken: to < state.accounts.length ? String(to) : "" };
  };
  const getAccount = async ({ accountId }: { accountId: string }) => {
    const found = state.accounts.find(({ account }) => account?.accountId === accountId);
    if (found?.account === undefined) throw new ServiceError("ACCOUNT_NOT_FOUND", "there is no such account");
    return { account: create(AccountSchema, found.account as MessageInitShape<typeof AccountSchema>) };
  };
  const notFound = () => new CommonError("REQUEST_INVALID", "nothing is here");
  const nobody = { accountOf: () => undefined, notFound };
  const service = await startTestService({
    redis,
    owners: { reservationId: nobody, transactionId: nobody },
    routes: [routesOf(BillingCoreService, { getAccount, ...(listsAccounts ? { listAccounts } : {}) })],
    reasons: [ErrorReasonSchema],
  });
  return Object.assign(state, { baseUrl: service.baseUrl, drain: service.drain });
}

/** An account with a balance; amounts not given are 0. */
export function accountSummary(
  accountId: string,
  currencyCode: string,
  amounts: Partial<Record<"posted" | "reserved" | "funded" | "spent" | "expired", string>>,
  state: AccountState = AccountState.ACTIVE,
): MessageInitShape<typeof AccountSummarySchema> {
  const money = (amount = "0") => ({ currencyCode, amount });
  return {
    account: { accountId, currencyCode, state },
    balance: {
      accountId,
      posted: money(amounts.posted),
      reserved: money(amounts.reserved),
      funded: money(amounts.funded),
      spent: money(amounts.spent),
      expired: money(amounts.expired),
    },
  };
}
