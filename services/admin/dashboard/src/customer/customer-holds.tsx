import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { type Reservation, ReservationState } from "#gen/billing/core/v1/reservation_pb.ts";
import { msOf } from "../data/clock.ts";
import { compareDecimals } from "../data/exact.ts";
import { Card } from "../design/card.tsx";
import { Money } from "../design/money.tsx";
import { PagedTable } from "../design/paged-table.tsx";
import { usePageToken } from "../design/pager.tsx";
import { EmptyState, Loaded } from "../design/states.tsx";
import type { Column } from "../design/table.tsx";
import { Countdown } from "../design/time.tsx";

/** What is set aside for calls under way. */
export function CustomerHolds({ accountId }: { accountId: string }) {
  const found = useQuery(
    BillingCoreService.method.listReservations,
    { accountId, state: ReservationState.HELD, pageSize: 25, pageToken: usePageToken() },
    { placeholderData: keepPreviousData },
  );
  return (
    <Card flush>
      <Loaded from={found}>
        {({ reservations, nextPageToken }) => (
          <PagedTable
            label="Set aside"
            columns={columns}
            rows={reservations}
            keyOf={({ reservationId }) => reservationId}
            empty={
              <EmptyState title="Nothing is set aside" icon="lock">
                While a call runs, its estimated cost is set aside; afterwards what is left comes back.
              </EmptyState>
            }
            noun="holds"
            nextPageToken={nextPageToken}
          />
        )}
      </Loaded>
    </Card>
  );
}

const columns: ReadonlyArray<Column<Reservation>> = [
  {
    id: "what",
    title: "For",
    compare: (left, right) => purposeOf(left).localeCompare(purposeOf(right)),
    cell: purposeOf,
  },
  {
    id: "remaining",
    title: "Set aside",
    align: "right",
    compare: (left, right) => compareDecimals(left.remaining?.amount, right.remaining?.amount),
    cell: ({ remaining }) => <Money of={remaining} />,
  },
  {
    id: "expires",
    title: "Comes back in",
    align: "right",
    compare: (left, right) => (msOf(left.expiresAt) ?? 0) - (msOf(right.expiresAt) ?? 0),
    cell: ({ expiresAt }) => <Countdown to={expiresAt} />,
  },
];

/** What money is set aside for, in a few words. */
function purposeOf({ lockedPrices, description }: Reservation): string {
  const prices = lockedPrices.map(({ priceId }) => priceId).join(", ");
  return [prices, description].filter(Boolean).join(" · ") || "a call under way";
}
