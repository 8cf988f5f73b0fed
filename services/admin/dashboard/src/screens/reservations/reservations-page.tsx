import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { Link } from "wouter";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { type Reservation, ReservationState } from "#gen/billing/core/v1/reservation_pb.ts";
import { useUrlState } from "../../data/url-state.ts";
import { Card } from "../../design/card.tsx";
import { FilterBar, SelectFilter } from "../../design/filter-bar.tsx";
import { PageHeader } from "../../design/page.tsx";
import { PagedTable } from "../../design/paged-table.tsx";
import { usePageToken } from "../../design/pager.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import type { Column } from "../../design/table.tsx";
import { reservationColumns } from "./reservation-columns.tsx";

const soon = [
  ["", "Any time"],
  ["60", "within a minute"],
  ["600", "within 10 minutes"],
  ["3600", "within an hour"],
] as const;

/** How often the list is read anew: holds come and go with every call of a customer. */
const refreshMs = 5_000;

/** Open holds of the whole system, soonest expiry first. */
export function Page() {
  const [within] = useUrlState("within");
  const pageToken = usePageToken();
  const found = useQuery(
    BillingCoreService.method.listReservations,
    {
      state: ReservationState.HELD,
      pageToken,
      ...expiringWithin(Number(within)),
    },
    { placeholderData: keepPreviousData, refetchInterval: refreshMs },
  );
  return (
    <>
      <PageHeader title="Reservations" about="Money held for calls under way, soonest expiry first." />
      <Card flush>
        <FilterBar>
          <SelectFilter name="within" label="Expires" options={soon} />
        </FilterBar>
        <Loaded from={found} lines={8}>
          {({ reservations, nextPageToken }) => (
            <PagedTable
              label="Open holds"
              columns={columns}
              rows={reservations}
              keyOf={({ reservationId }) => reservationId}
              empty={
                <EmptyState title="No open holds" icon="reservations">
                  A hold is open from Reserve to Commit, Release or its expiry. Settled ones stand at their
                  account.
                </EmptyState>
              }
              noun="holds"
              nextPageToken={nextPageToken}
            />
          )}
        </Loaded>
      </Card>
    </>
  );
}

const granularityMs = 10_000;

/** The bound moves in steps, so that it does not make a new question of every render. */
function expiringWithin(seconds: number) {
  if (!(seconds > 0)) return {};
  const nowMs = Math.ceil(Date.now() / granularityMs) * granularityMs;
  return { expiresBefore: timestampFromMs(nowMs + seconds * 1_000) };
}

const accountColumn: Column<Reservation> = {
  id: "account",
  title: "Account",
  compare: (left, right) => left.accountId.localeCompare(right.accountId),
  cell: ({ accountId }) => (
    <Link href={`/accounts/${encodeURIComponent(accountId)}`} className="table-link">
      {accountId}
    </Link>
  ),
};

const [holdColumn, , ...figures] = reservationColumns;
const columns = [holdColumn, accountColumn, ...figures].filter((column) => column !== undefined);
