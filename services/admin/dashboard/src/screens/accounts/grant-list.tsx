import { Link } from "wouter";
import { type Balance, CreditKind, type Grant } from "#gen/billing/core/v1/balance_pb.ts";
import { msOf } from "../../data/clock.ts";
import { compareDecimals } from "../../data/exact.ts";
import { Badge } from "../../design/badge.tsx";
import { Card } from "../../design/card.tsx";
import { Money } from "../../design/money.tsx";
import { EmptyState } from "../../design/states.tsx";
import { type Column, Table } from "../../design/table.tsx";
import { TimeAgo } from "../../design/time.tsx";
import { shortId } from "../reservations/reservation-columns.tsx";

/** Money with an end or a priority, in the order in which it is spent. */
export function GrantList({ balance }: { balance: Balance }) {
  return (
    <Card flush title="Grants" hint="in the order in which they are spent">
      <Table
        label="Grants"
        columns={columns}
        rows={balance.grants}
        keyOf={({ grantId }) => grantId}
        empty={
          <EmptyState title="No grants" icon="plus">
            A credit with an expiry or a priority becomes a grant, which is spent before or after the plain
            balance.
          </EmptyState>
        }
      />
    </Card>
  );
}

const columns: ReadonlyArray<Column<Grant>> = [
  {
    id: "grant",
    title: "Grant",
    compare: (left, right) => left.grantId.localeCompare(right.grantId),
    cell: ({ grantId }) => (
      <Link href={`/transactions/${encodeURIComponent(grantId)}`} className="table-link mono" title={grantId}>
        {shortId(grantId)}
      </Link>
    ),
  },
  {
    id: "kind",
    title: "Kind",
    compare: (left, right) => left.kind - right.kind,
    cell: ({ kind }) =>
      kind === CreditKind.PROMOTIONAL ? <Badge tone="info">Promotional</Badge> : <Badge>Purchased</Badge>,
  },
  {
    id: "remaining",
    title: "Remaining",
    align: "right",
    compare: (left, right) => compareDecimals(left.remaining?.amount, right.remaining?.amount),
    cell: ({ remaining }) => <Money of={remaining} />,
  },
  {
    id: "amount",
    title: "Of",
    align: "right",
    isMinor: true,
    compare: (left, right) => compareDecimals(left.amount?.amount, right.amount?.amount),
    cell: ({ amount }) => <Money of={amount} />,
  },
  {
    id: "earmarked",
    title: "Held of it",
    align: "right",
    isMinor: true,
    compare: (left, right) => compareDecimals(left.earmarked?.amount, right.earmarked?.amount),
    cell: ({ earmarked }) => <Money of={earmarked} />,
  },
  {
    id: "priority",
    title: "Priority",
    align: "right",
    isMinor: true,
    compare: (left, right) => left.priority - right.priority,
    cell: ({ priority }) => priority,
  },
  {
    id: "expires",
    title: "Expires",
    align: "right",
    compare: (left, right) => (msOf(left.expiresAt) ?? Infinity) - (msOf(right.expiresAt) ?? Infinity),
    cell: ({ expiresAt }) => (expiresAt ? <TimeAgo at={expiresAt} /> : "never"),
  },
];
