import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { type Transaction, TransactionType } from "#gen/billing/core/v1/transaction_pb.ts";
import { Card } from "../design/card.tsx";
import { amountColumn, availableColumn } from "../design/movement-columns.tsx";
import { PagedTable } from "../design/paged-table.tsx";
import { usePageToken } from "../design/pager.tsx";
import { EmptyState, Loaded } from "../design/states.tsx";
import type { Column } from "../design/table.tsx";
import { TimeAt } from "../design/time.tsx";

/** What moved the customer's money, in their words. Holds stand elsewhere: they move nothing for good. */
const words: ReadonlyMap<TransactionType, string> = new Map([
  [TransactionType.CREDIT, "Money added"],
  [TransactionType.CHARGE, "Usage"],
  [TransactionType.COMMIT, "Usage"],
  [TransactionType.REFUND, "Refund"],
  [TransactionType.CREDIT_REVERSED, "Payment taken back"],
  [TransactionType.ADJUSTMENT, "Correction"],
  [TransactionType.GRANT_EXPIRED, "Credit expired"],
]);
const types = [...words.keys()];

/** What happened to the customer's money, newest first. */
export function CustomerActivity({ accountId }: { accountId: string }) {
  const found = useQuery(
    BillingCoreService.method.listTransactions,
    { accountId, types, pageSize: 25, pageToken: usePageToken() },
    { placeholderData: keepPreviousData },
  );
  return (
    <Card flush>
      <Loaded from={found} lines={6}>
        {({ transactions, nextPageToken }) => (
          <PagedTable
            label="Activity"
            columns={columns}
            rows={transactions}
            keyOf={({ transactionId }) => transactionId}
            empty={
              <EmptyState title="Nothing yet" icon="clock">
                Money that you add and what your calls cost appears here at once.
              </EmptyState>
            }
            noun="entries"
            nextPageToken={nextPageToken}
          />
        )}
      </Loaded>
    </Card>
  );
}

const columns: ReadonlyArray<Column<Transaction>> = [
  {
    id: "what",
    title: "What",
    compare: (left, right) => (words.get(left.type) ?? "").localeCompare(words.get(right.type) ?? ""),
    cell: ({ type, usages }) => (
      <>
        <strong>{words.get(type) ?? "Other"}</strong>
        <div className="labels">{usages.map(({ priceId }) => priceId).join(", ")}</div>
      </>
    ),
  },
  amountColumn,
  availableColumn("Balance after"),
  {
    id: "time",
    title: "When",
    align: "right",
    compare: (left, right) => Number(left.sequence - right.sequence),
    cell: ({ createdAt }) => <TimeAt at={createdAt} brief />,
  },
];
