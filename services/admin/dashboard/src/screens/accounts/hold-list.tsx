import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ReservationState } from "#gen/billing/core/v1/reservation_pb.ts";
import { useUrlState } from "../../data/url-state.ts";
import { Card } from "../../design/card.tsx";
import { FilterBar, SelectFilter } from "../../design/filter-bar.tsx";
import { PagedTable } from "../../design/paged-table.tsx";
import { usePageToken } from "../../design/pager.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import { reservationColumns } from "../reservations/reservation-columns.tsx";

/** The holds of an account, open ones first unless all are asked for. */
export function HoldList({ accountId }: { accountId: string }) {
  const [shown] = useUrlState("holds", "open");
  const state = shown === "open" ? ReservationState.HELD : ReservationState.UNSPECIFIED;
  const found = useQuery(
    BillingCoreService.method.listReservations,
    { accountId, state, pageSize: 25, pageToken: usePageToken() },
    { placeholderData: keepPreviousData },
  );
  return (
    <Card flush>
      <FilterBar>
        <SelectFilter
          name="holds"
          label="Show"
          byDefault="open"
          options={[
            ["open", "Open holds"],
            ["all", "Settled ones too"],
          ]}
        />
      </FilterBar>
      <Loaded from={found}>
        {({ reservations, nextPageToken }) => (
          <PagedTable
            label="Holds"
            columns={reservationColumns}
            rows={reservations}
            keyOf={({ reservationId }) => reservationId}
            empty={<EmptyState title="No holds" icon="reservations" />}
            noun="holds"
            nextPageToken={nextPageToken}
          />
        )}
      </Loaded>
    </Card>
  );
}
