import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { Link } from "wouter";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import {
  type Transaction,
  TransactionType,
  TransactionTypeSchema,
} from "#gen/billing/core/v1/transaction_pb.ts";
import { enumText } from "../../data/enum-text.ts";
import { compareDecimals } from "../../data/exact.ts";
import { useUrlState } from "../../data/url-state.ts";
import { Card } from "../../design/card.tsx";
import { FilterBar, SelectFilter } from "../../design/filter-bar.tsx";
import { Money } from "../../design/money.tsx";
import { amountColumn, availableColumn } from "../../design/movement-columns.tsx";
import { PagedTable } from "../../design/paged-table.tsx";
import { usePageToken } from "../../design/pager.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import type { Column } from "../../design/table.tsx";
import { TimeAgo } from "../../design/time.tsx";

/** What can be chosen, and the types that it stands for. */
const kinds: Readonly<Record<string, { text: string; types: TransactionType[] }>> = {
  "": { text: "Everything", types: [] },
  money: {
    text: "Money in and out",
    types: [
      TransactionType.CREDIT,
      TransactionType.CHARGE,
      TransactionType.COMMIT,
      TransactionType.REFUND,
      TransactionType.CREDIT_REVERSED,
      TransactionType.ADJUSTMENT,
      TransactionType.GRANT_EXPIRED,
    ],
  },
  charges: { text: "Charges", types: [TransactionType.CHARGE, TransactionType.COMMIT] },
  holds: {
    text: "Holds",
    types: [
      TransactionType.RESERVE,
      TransactionType.EXTEND,
      TransactionType.COMMIT,
      TransactionType.RELEASE,
      TransactionType.HOLD_EXPIRED,
    ],
  },
};

/** The journal of an account, newest first. */
export function TransactionList({ accountId }: { accountId: string }) {
  const [kind] = useUrlState("kind");
  const found = useQuery(
    BillingCoreService.method.listTransactions,
    { accountId, types: kinds[kind]?.types ?? [], pageSize: 25, pageToken: usePageToken() },
    { placeholderData: keepPreviousData },
  );
  return (
    <Card flush>
      <FilterBar>
        <SelectFilter
          name="kind"
          label="Show"
          options={Object.entries(kinds).map(([value, { text }]) => [value, text] as const)}
        />
      </FilterBar>
      <Loaded from={found} lines={6}>
        {({ transactions, nextPageToken }) => (
          <PagedTable
            label="Journal"
            columns={columns}
            rows={transactions}
            keyOf={({ transactionId }) => transactionId}
            empty={<EmptyState title="Nothing of this kind has happened" />}
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
    compare: (left, right) => left.type - right.type,
    cell: (entry) => (
      <>
        <Link href={`/transactions/${encodeURIComponent(entry.transactionId)}`} className="table-link">
          {enumText(TransactionTypeSchema, entry.type)}
        </Link>
        <div className="labels">{describe(entry)}</div>
      </>
    ),
  },
  amountColumn,
  availableColumn("Available after"),
  {
    id: "reserved",
    title: "Reserved after",
    align: "right",
    isMinor: true,
    compare: (left, right) =>
      compareDecimals(left.balanceAfter?.reserved?.amount, right.balanceAfter?.reserved?.amount),
    cell: ({ balanceAfter }) => <Money of={balanceAfter?.reserved} />,
  },
  {
    id: "time",
    title: "When",
    align: "right",
    compare: (left, right) => Number(left.sequence - right.sequence),
    cell: ({ createdAt }) => <TimeAgo at={createdAt} />,
  },
];

/** What was charged for or where money came from, in a few words. */
function describe({ usages, description, source, externalReference }: Transaction): string {
  const prices = usages.map(({ priceId }) => priceId).join(", ");
  return [prices, source && `from ${source}`, externalReference, description].filter(Boolean).join(" · ");
}
