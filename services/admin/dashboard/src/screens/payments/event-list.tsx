import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import {
  type StripeEvent,
  StripeEventState,
  StripeEventStateSchema,
} from "#gen/billing/admin/v1/stripe_event_pb.ts";
import { enumText } from "../../data/enum-text.ts";
import { useUrlState } from "../../data/url-state.ts";
import { Button } from "../../design/button.tsx";
import { Card } from "../../design/card.tsx";
import { DaysFilter, useDays } from "../../design/date-filter.tsx";
import { FilterBar, SearchFilter, SelectFilter } from "../../design/filter-bar.tsx";
import { PagedTable } from "../../design/paged-table.tsx";
import { usePageToken } from "../../design/pager.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import { usePermission } from "../../session/permission.ts";
import { eventColumns } from "./event-columns.tsx";
import { ReplayDialog } from "./replay-dialog.tsx";

const { RECEIVED, APPLIED, DUPLICATE, IGNORED, FAILED, PARKED } = StripeEventState;

/** What can be chosen, and the states that it stands for. */
const kinds: Readonly<Record<string, { text: string; states: StripeEventState[] }>> = {
  "": { text: "Everything", states: [] },
  waiting: { text: "What needs somebody", states: [FAILED, PARKED, RECEIVED] },
  ...Object.fromEntries(
    [FAILED, PARKED, RECEIVED, APPLIED, DUPLICATE, IGNORED].map((state) => {
      const text = enumText(StripeEventStateSchema, state);
      return [text.toLowerCase(), { text, states: [state] }];
    }),
  ),
};

/** The inbox of Stripe's events, newest arrival first. */
export function EventList() {
  const [text] = useUrlState("q");
  const [kind] = useUrlState("state");
  const [replayed, replay] = useState<{ readonly eventId: string; readonly event?: StripeEvent }>();
  const mayReplay = usePermission()(AdminService.method.replayStripeEvent);
  const days = useDays();
  const found = useQuery(
    AdminService.method.listStripeEvents,
    { ...days, stripeId: text, states: kinds[kind]?.states ?? [], pageSize: 25, pageToken: usePageToken() },
    { placeholderData: keepPreviousData },
  );
  const columns = eventColumns(mayReplay ? (event) => replay({ eventId: event.eventId, event }) : undefined);
  const isFiltered = text !== "" || kind !== "" || Object.keys(days).length > 0;
  return (
    <Card flush>
      <FilterBar>
        <SearchFilter label="Id of an event or its object" />
        <SelectFilter
          name="state"
          label="State"
          options={Object.entries(kinds).map(([value, each]) => [value, each.text] as const)}
        />
        <DaysFilter what="Arrived" />
      </FilterBar>
      <Loaded from={found} lines={8}>
        {({ events, nextPageToken }) => (
          <PagedTable
            label="Stripe events"
            columns={columns}
            rows={events}
            keyOf={({ eventId }) => eventId}
            empty={
              mayReplay && text.startsWith("evt_") ? (
                <EmptyState
                  title="This event never arrived"
                  icon="search"
                  action={
                    <Button icon="refund" onClick={() => replay({ eventId: text })}>
                      Fetch it from Stripe
                    </Button>
                  }
                >
                  If Stripe has it, it can be fetched and processed.
                </EmptyState>
              ) : (
                <NoEvents isFiltered={isFiltered} />
              )
            }
            noun="events"
            nextPageToken={nextPageToken}
          />
        )}
      </Loaded>
      {replayed && <ReplayDialog {...replayed} onClose={() => replay(undefined)} />}
    </Card>
  );
}

function NoEvents({ isFiltered }: { isFiltered: boolean }) {
  return isFiltered ? (
    <EmptyState title="No event fits" icon="search">
      Events are found by their own id or by that of the object that they are about.
    </EmptyState>
  ) : (
    <EmptyState title="No event has arrived yet" icon="payments">
      Stripe sends them to /webhook at Admin, where each is checked, kept and applied once.
    </EmptyState>
  );
}
