import type { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { TransactionType } from "#gen/billing/core/v1/transaction_pb.ts";
import type {
  ExportTransactionsRequest,
  ListTransactionsRequest,
} from "#gen/billing/core/v1/transaction_rpc_pb.ts";
import type { PageTokens } from "#platform/paging/page-token.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import { explain } from "../domain/explanation.ts";
import { requireReservation } from "../domain/operation-checks.ts";
import type { Rating } from "../domain/rating.ts";
import type * as journal from "../domain/transaction.ts";
import type { TransactionFilter } from "../domain/transaction-filter.ts";
import type { TransactionLog } from "../domain/transaction-log.ts";
import { firstMsNotBefore } from "./timestamps.ts";
import { toExplainedTransaction, toTransactionMessage } from "./to-transaction.ts";

type Handlers = Pick<
  ServiceHandlers<typeof BillingCoreService>,
  "getTransaction" | "listTransactions" | "exportTransactions"
>;

const defaultPageSize = 50;

/** The journal of an account: one entry, pages of it, all of it. */
export function transactionHandlers(log: TransactionLog, rating: Rating, pageTokens: PageTokens): Handlers {
  return {
    getTransaction: async ({ transactionId }) => {
      const { transaction, unit } = await log.get(transactionId);
      return {
        transaction: toExplainedTransaction(transaction, await explain(rating, transaction, unit), unit),
      };
    },

    listTransactions: async (request) => {
      const { accountId, oldestFirst } = request;
      const filter = transactionFilterOf(request);
      const list = ["ListTransactions", accountId, oldestFirst, filter];
      const { transactions, unit, next } = await log.list(accountId, filter, {
        oldestFirst,
        pageSize: request.pageSize || defaultPageSize,
        position: pageTokens.decode(list, request.pageToken) as number | undefined,
      });
      return {
        transactions: transactions.map((transaction) => toTransactionMessage(transaction, unit)),
        nextPageToken: next === undefined ? "" : pageTokens.encode(list, next),
      };
    },

    async *exportTransactions(request, { signal }) {
      const { accountId, afterSequence } = request;
      const filter = transactionFilterOf(request);
      for await (const { transactions, unit } of log.export(
        accountId,
        filter,
        Number(afterSequence),
        signal,
      )) {
        yield { transactions: transactions.map((transaction) => toTransactionMessage(transaction, unit)) };
      }
    },
  };
}

function transactionFilterOf(
  request: ListTransactionsRequest | ExportTransactionsRequest,
): TransactionFilter {
  const { accountId, types, from, until, reservationId, externalReference } = request;
  const reservation = reservationId === "" ? undefined : requireReservation(reservationId, accountId);
  // A filter that names "any" among others is one for any.
  const named = types.includes(TransactionType.UNSPECIFIED) ? [] : types;
  return {
    types: [...new Set(named)].sort((a, b) => a - b).map((type) => typeNames.get(type)!),
    fromMs: from && firstMsNotBefore(from),
    untilMs: until && firstMsNotBefore(until),
    reservation,
    externalReference,
  };
}

const typeNames = new Map<number, journal.TransactionType>(
  Object.entries(TransactionType).map(([name, type]) => [type, name as journal.TransactionType]),
);
