import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { Link, useSearchParams } from "wouter";
import { AccountState, type AccountSummary } from "#gen/billing/admin/v1/account_summary_pb.ts";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { msOf } from "../../data/clock.ts";
import { compareDecimals } from "../../data/exact.ts";
import { Card } from "../../design/card.tsx";
import { FilterBar, SearchFilter, SelectFilter } from "../../design/filter-bar.tsx";
import { Money } from "../../design/money.tsx";
import { PageHeader } from "../../design/page.tsx";
import { PagedTable } from "../../design/paged-table.tsx";
import { usePageToken } from "../../design/pager.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import type { Column } from "../../design/table.tsx";
import { TimeAgo } from "../../design/time.tsx";
import { AccountStateBadge } from "./account-state-badge.tsx";

const states = [
  ["", "Any state"],
  ["active", "Active"],
  ["frozen", "Frozen"],
  ["closed", "Closed"],
] as const;

const stateOf: Readonly<Record<string, AccountState>> = {
  active: AccountState.ACTIVE,
  frozen: AccountState.FROZEN,
  closed: AccountState.CLOSED,
};

/** Finds accounts. */
export function Page() {
  const [parameters] = useSearchParams();
  const text = parameters.get("q") ?? "";
  const state = stateOf[parameters.get("state") ?? ""] ?? AccountState.UNSPECIFIED;
  const found = useQuery(
    AdminService.method.searchAccounts,
    { text, state, pageToken: usePageToken() },
    { placeholderData: keepPreviousData },
  );
  return (
    <>
      <PageHeader title="Accounts" about="Balances of customers, found by id or by a label." />
      <Card flush>
        <FilterBar>
          <SearchFilter label="Search by id or label" />
          <SelectFilter name="state" label="State" options={states} />
        </FilterBar>
        <Loaded from={found} lines={8}>
          {({ accounts, nextPageToken }) => (
            <PagedTable
              label="Accounts"
              columns={columns}
              rows={accounts}
              keyOf={({ accountId }) => accountId}
              empty={<NoAccounts isFiltered={text !== "" || state !== AccountState.UNSPECIFIED} />}
              noun="accounts"
              nextPageToken={nextPageToken}
            />
          )}
        </Loaded>
      </Card>
    </>
  );
}

const columns: ReadonlyArray<Column<AccountSummary>> = [
  {
    id: "account",
    title: "Account",
    compare: (left, right) => left.accountId.localeCompare(right.accountId),
    cell: ({ accountId, labels }) => (
      <>
        <Link href={`/accounts/${encodeURIComponent(accountId)}`} className="table-link">
          {accountId}
        </Link>
        <Labels of={labels} />
      </>
    ),
  },
  {
    id: "state",
    title: "State",
    compare: (left, right) => left.state - right.state,
    cell: ({ state }) => <AccountStateBadge state={state} />,
  },
  {
    id: "available",
    title: "Available",
    align: "right",
    compare: (left, right) => compareDecimals(left.available?.amount, right.available?.amount),
    cell: ({ available }) => <Money of={available} />,
  },
  {
    id: "reserved",
    title: "Reserved",
    align: "right",
    isMinor: true,
    compare: (left, right) => compareDecimals(left.reserved?.amount, right.reserved?.amount),
    cell: ({ reserved }) => <Money of={reserved} />,
  },
  {
    id: "spendable",
    title: "Spendable",
    align: "right",
    isMinor: true,
    compare: (left, right) => compareDecimals(left.spendable?.amount, right.spendable?.amount),
    cell: ({ spendable }) => <Money of={spendable} />,
  },
  {
    id: "activity",
    title: "Last activity",
    align: "right",
    isMinor: true,
    compare: (left, right) => (msOf(left.lastActivityAt) ?? 0) - (msOf(right.lastActivityAt) ?? 0),
    cell: ({ lastActivityAt }) => <TimeAgo at={lastActivityAt} />,
  },
];

const shownLabels = 3;

function Labels({ of }: { of: Readonly<Record<string, string>> }) {
  const shown = Object.entries(of).slice(0, shownLabels);
  if (shown.length === 0) return null;
  return <div className="labels">{shown.map(([name, value]) => `${name}: ${value}`).join(" · ")}</div>;
}

function NoAccounts({ isFiltered }: { isFiltered: boolean }) {
  return isFiltered ? (
    <EmptyState title="No account fits" icon="search">
      Ids and label values are searched. A page looks through a bounded number of accounts: if there is a next
      page, go on there.
    </EmptyState>
  ) : (
    <EmptyState title="No accounts yet" icon="accounts">
      A program creates them with CreateAccount; they appear here at once.
    </EmptyState>
  );
}
