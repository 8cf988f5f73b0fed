import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { Link } from "wouter";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { type Payment, PaymentStateSchema } from "#gen/billing/admin/v1/payment_pb.ts";
import { msOf } from "../../data/clock.ts";
import { enumChoice, enumOptions } from "../../data/enum-text.ts";
import { compareDecimals } from "../../data/exact.ts";
import { titleOf } from "../../data/failure.ts";
import { useUrlState } from "../../data/url-state.ts";
import { Card } from "../../design/card.tsx";
import { DaysFilter, useDays } from "../../design/date-filter.tsx";
import { FilterBar, SearchFilter, SelectFilter } from "../../design/filter-bar.tsx";
import { Money } from "../../design/money.tsx";
import { PagedTable } from "../../design/paged-table.tsx";
import { usePageToken } from "../../design/pager.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import type { Column } from "../../design/table.tsx";
import { TimeAgo } from "../../design/time.tsx";
import { shortId } from "../reservations/reservation-columns.tsx";
import { PaymentBadge } from "./payment-badges.tsx";

/** Ids of Stripe's objects that lead to a payment begin so: session, intent, charge, refund, dispute. */
const stripeIdForm = /^(cs|pi|ch|py|re|pyr|dp|du)_/;

const stateOptions = [["", "Any state"], ...enumOptions(PaymentStateSchema)] as const;

/** Payments, newest first; all, or those that were paid and could not be credited. */
export function PaymentList({ unappliedOnly = false }: { unappliedOnly?: boolean }) {
  const [text] = useUrlState("q");
  const [state] = useUrlState("state");
  const chosen = enumChoice(PaymentStateSchema, state);
  const days = useDays();
  const isStripeId = stripeIdForm.test(text);
  const found = useQuery(
    AdminService.method.listPayments,
    {
      unappliedOnly,
      ...days,
      ...(isStripeId ? { stripeId: text } : { accountId: text }),
      states: chosen === undefined ? [] : [chosen],
      pageSize: 25,
      pageToken: usePageToken(),
    },
    { placeholderData: keepPreviousData },
  );
  const isFiltered = text !== "" || state !== "" || Object.keys(days).length > 0;
  return (
    <Card flush>
      <FilterBar>
        <SearchFilter label="Account or an id of Stripe" />
        {!unappliedOnly && <SelectFilter name="state" label="State" options={stateOptions} />}
        <DaysFilter what="Begun" />
      </FilterBar>
      <Loaded from={found} lines={8}>
        {({ payments, nextPageToken }) => (
          <PagedTable
            label="Payments"
            columns={unappliedOnly ? unappliedColumns : columns}
            rows={payments}
            keyOf={({ paymentId }) => paymentId}
            empty={<NoPayments isFiltered={isFiltered} unappliedOnly={unappliedOnly} />}
            noun="payments"
            nextPageToken={nextPageToken}
          />
        )}
      </Loaded>
    </Card>
  );
}

const account: Column<Payment> = {
  id: "account",
  title: "Account",
  compare: (left, right) => left.accountId.localeCompare(right.accountId),
  cell: ({ paymentId, accountId }) => (
    <>
      <Link href={`/payments/${encodeURIComponent(paymentId)}`} className="table-link">
        {accountId || "No account"}
      </Link>
      <div className="labels mono nowrap table-minor" title={paymentId}>
        {shortId(paymentId)}
      </div>
    </>
  ),
};

const state: Column<Payment> = {
  id: "state",
  title: "State",
  compare: (left, right) => left.state - right.state,
  cell: (payment) => <PaymentBadge state={payment.state} />,
};

const paid: Column<Payment> = {
  id: "paid",
  title: "Amount",
  align: "right",
  compare: (left, right) => compareDecimals(payable(left)?.amount, payable(right)?.amount),
  cell: (payment) => <Money of={payable(payment)} />,
};

const begun: Column<Payment> = {
  id: "begun",
  title: "Begun",
  align: "right",
  compare: (left, right) => (msOf(left.createdAt) ?? 0) - (msOf(right.createdAt) ?? 0),
  cell: ({ createdAt }) => <TimeAgo at={createdAt} />,
};

const columns: ReadonlyArray<Column<Payment>> = [
  account,
  state,
  paid,
  {
    id: "credited",
    title: "Credited",
    align: "right",
    isMinor: true,
    compare: (left, right) => compareDecimals(left.creditedAmount?.amount, right.creditedAmount?.amount),
    cell: ({ creditedAmount }) => <Money of={creditedAmount} />,
  },
  {
    id: "reversed",
    title: "Taken back",
    align: "right",
    isMinor: true,
    compare: (left, right) => compareDecimals(left.reversedAmount?.amount, right.reversedAmount?.amount),
    cell: ({ reversedAmount }) => <Money of={reversedAmount} />,
  },
  { ...begun, isMinor: true },
];

const unappliedColumns: ReadonlyArray<Column<Payment>> = [
  account,
  { ...state, isMinor: true },
  { id: "why", title: "Why not", cell: ({ unappliedReason }) => titleOf(unappliedReason) },
  { ...paid, title: "Paid" },
  { ...begun, isMinor: true },
];

function payable({ totalAmount, creditAmount }: Payment) {
  return totalAmount ?? creditAmount;
}

function NoPayments({ isFiltered, unappliedOnly }: { isFiltered: boolean; unappliedOnly: boolean }) {
  if (isFiltered)
    return (
      <EmptyState title="No payment fits" icon="search">
        Accounts are found by their whole id, payments by any id of Stripe&apos;s: session, payment intent,
        charge, refund or dispute.
      </EmptyState>
    );
  return unappliedOnly ? (
    <EmptyState title="Every payment has found its account" icon="check">
      Here stand those that were paid and could not be credited, for example because the account was closed.
    </EmptyState>
  ) : (
    <EmptyState title="No payments yet" icon="payments">
      A program begins a top-up with CreateCheckoutSession; it appears here at once.
    </EmptyState>
  );
}
