import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ErrorReasonSchema } from "#gen/billing/core/v1/error_reason_pb.ts";
import { TransactionSchema } from "#gen/billing/core/v1/transaction_pb.ts";
import { CommonError } from "#platform/errors/common-error.ts";
import { ServiceError } from "#platform/errors/service-error.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { routesOf } from "#platform/rpc/handlers.ts";
import { startTestService } from "#platform/testing/service.ts";

/** A Billing Core that has the journal of one account, and lists accounts by their book. */
export interface FakeCore {
  /** Newest first. */
  transactions: MessageInitShape<typeof TransactionSchema>[];
  /** Books that accounts name. */
  booksInUse: string[];
  /** Entries on a page. */
  pageSize: number;
  broken: boolean;
  readonly accountId: string;
  readonly baseUrl: string;
  drain(): Promise<void>;
}

/** Starts it. */
export async function startFakeCore(redis: Redis): Promise<FakeCore> {
  const state = {
    transactions: [] as FakeCore["transactions"],
    booksInUse: [] as string[],
    pageSize: 3,
    broken: false,
    accountId: "acme",
  };
  const requireWhole = () => {
    if (state.broken) throw new CommonError("STORE_UNAVAILABLE", "the store did not answer");
  };
  const notFound = () => new CommonError("REQUEST_INVALID", "nothing is here");
  const service = await startTestService({
    redis,
    reasons: [ErrorReasonSchema],
    owners: {
      reservationId: { accountOf: () => undefined, notFound },
      transactionId: { accountOf: () => state.accountId, notFound },
    },
    routes: [
      routesOf(BillingCoreService, {
        listAccounts({ priceBook = "" }) {
          requireWhole();
          const accounts = state.booksInUse.includes(priceBook)
            ? [{ account: { accountId: "acme", priceBook } }]
            : [];
          return { accounts, nextPageToken: "" };
        },
        listTransactions({ accountId, from, until, pageToken }) {
          requireWhole();
          if (accountId !== state.accountId)
            throw new ServiceError("ACCOUNT_NOT_FOUND", `there is no account ${accountId}`, {
              metadata: { account_id: accountId },
            });
          const begin = Number(pageToken || "0");
          const found = state.transactions
            .map((each) => create(TransactionSchema, each))
            .filter(({ createdAt }) => {
              const atMs = timestampMs(createdAt!);
              return (
                (from === undefined || atMs >= timestampMs(from)) &&
                (until === undefined || atMs < timestampMs(until))
              );
            })
            // Lists are without derivations.
            .map(({ derivation: _, ...each }) => each);
          const end = begin + state.pageSize;
          return {
            transactions: found.slice(begin, end),
            nextPageToken: end < found.length ? String(end) : "",
          };
        },
        getTransaction({ transactionId }) {
          requireWhole();
          const transaction = state.transactions.find((each) => each.transactionId === transactionId);
          return transaction === undefined ? {} : { transaction };
        },
      }),
    ],
  });
  return Object.assign(state, { baseUrl: service.baseUrl, drain: service.drain });
}

/** A charge of usages, each by a version. */
export function chargeOf(
  transactionId: string,
  atMs: number,
  usages: ReadonlyArray<{ priceId: string; priceVersion: string; quantities: Record<string, string> }>,
): MessageInitShape<typeof TransactionSchema> {
  const at = timestampFromMs(atMs);
  return {
    transactionId,
    accountId: "acme",
    createdAt: at,
    usages: usages.map(({ priceId, quantities }) => ({ priceId, quantities })),
    derivation: { pricedUsages: usages.map(({ priceId, priceVersion }) => ({ priceId, priceVersion, at })) },
  };
}
