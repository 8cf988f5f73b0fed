import { createClient } from "@connectrpc/connect";
import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { type Delivery, DeliveryState, NotificationKind } from "#gen/billing/monitoring/v1/delivery_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { ActionDialog } from "../../actions/action-dialog.tsx";
import { Line } from "../../actions/before-after.tsx";
import { msOf } from "../../data/clock.ts";
import { transport } from "../../data/transport.ts";
import { useUrlState } from "../../data/url-state.ts";
import { Badge, type Tone } from "../../design/badge.tsx";
import { Button } from "../../design/button.tsx";
import { Card } from "../../design/card.tsx";
import { FilterBar, SelectFilter } from "../../design/filter-bar.tsx";
import { PagedTable } from "../../design/paged-table.tsx";
import { usePageToken } from "../../design/pager.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import type { Column } from "../../design/table.tsx";
import { TimeAgo } from "../../design/time.tsx";
import { usePermission } from "../../session/permission.ts";

const monitoring = createClient(MonitoringService, transport);

const states: Readonly<Record<string, DeliveryState>> = {
  pending: DeliveryState.PENDING,
  delivered: DeliveryState.DELIVERED,
  failed: DeliveryState.FAILED,
  discarded: DeliveryState.DISCARDED,
};

const looks: Readonly<Record<number, readonly [text: string, tone: Tone]>> = {
  [DeliveryState.PENDING]: ["Waits", "info"],
  [DeliveryState.DELIVERED]: ["Delivered", "good"],
  [DeliveryState.FAILED]: ["Given up", "danger"],
  [DeliveryState.DISCARDED]: ["Not sent", "neutral"],
};

const kinds: Readonly<Record<number, string>> = {
  [NotificationKind.FIRING]: "firing",
  [NotificationKind.RESOLVED]: "resolved",
  [NotificationKind.TEST]: "a test",
};

function StateBadge({ of }: { of: DeliveryState }) {
  const [text, tone] = looks[of] ?? ["Unknown", "neutral"];
  return <Badge tone={tone}>{text}</Badge>;
}

/** Notifications to channels and their attempts, newest first. */
export function DeliveryList() {
  const [again, setAgain] = useState<Delivery>();
  const [state] = useUrlState("state");
  const may = usePermission();
  const found = useQuery(
    MonitoringService.method.listDeliveries,
    { state: states[state] ?? DeliveryState.UNSPECIFIED, pageToken: usePageToken() },
    { placeholderData: keepPreviousData },
  );
  const columns = may(MonitoringService.method.redeliverNotification)
    ? [...deliveryColumns, againColumn(setAgain)]
    : deliveryColumns;
  return (
    <Card flush>
      <FilterBar>
        <SelectFilter
          name="state"
          label="State"
          options={[
            ["", "Any"],
            ["failed", "Given up"],
            ["pending", "Waits"],
            ["delivered", "Delivered"],
            ["discarded", "Not sent"],
          ]}
        />
      </FilterBar>
      <Loaded from={found}>
        {({ deliveries, nextPageToken }) => (
          <PagedTable
            label="Notifications"
            columns={columns}
            rows={deliveries}
            keyOf={({ deliveryId }) => deliveryId}
            empty={
              <EmptyState title="No notifications" icon="alerts">
                What was sent in the last 30 days stands here.
              </EmptyState>
            }
            noun="notifications"
            nextPageToken={nextPageToken}
          />
        )}
      </Loaded>
      {again && <AgainDialog delivery={again} onClose={() => setAgain(undefined)} />}
    </Card>
  );
}

const deliveryColumns: ReadonlyArray<Column<Delivery>> = [
  {
    id: "what",
    title: "Notification",
    cell: ({ channelId, kind, alertCount, groupKey }) => (
      <>
        To <strong>{channelId}</strong>: {kinds[kind] ?? "unknown"}
        {alertCount > 0 && `, ${alertCount} ${alertCount === 1 ? "alert" : "alerts"}`}
        <div className="labels">{groupKey}</div>
      </>
    ),
  },
  {
    id: "state",
    title: "State",
    compare: (left, right) => left.state - right.state,
    cell: ({ state }) => <StateBadge of={state} />,
  },
  {
    id: "attempts",
    title: "Attempts",
    align: "right",
    isMinor: true,
    compare: (left, right) => left.attemptCount - right.attemptCount,
    cell: ({ attemptCount, attempts }) => (
      <>
        {attemptCount}
        {attempts.at(-1)?.error && <div className="labels">{attempts.at(-1)?.error}</div>}
      </>
    ),
  },
  {
    id: "created",
    title: "Queued",
    align: "right",
    compare: (left, right) => (msOf(left.createdAt) ?? 0) - (msOf(right.createdAt) ?? 0),
    cell: ({ createdAt }) => <TimeAgo at={createdAt} />,
  },
];

function againColumn(send: (delivery: Delivery) => void): Column<Delivery> {
  return {
    id: "act",
    title: "Action",
    align: "right",
    cell: (delivery) =>
      delivery.state === DeliveryState.PENDING ? null : (
        <Button size="s" onClick={() => send(delivery)}>
          Send again
        </Button>
      ),
  };
}

function AgainDialog({ delivery, onClose }: { delivery: Delivery; onClose: () => void }) {
  const { deliveryId, channelId, alertCount } = delivery;
  return (
    <ActionDialog
      title="Send the notification again"
      about="The same payload, as a new delivery."
      confirmLabel="Send again"
      entries={deliveryId}
      preview={async () => channelId}
      showPreview={(channel) => (
        <>
          <Line name="To" value={channel} />
          <Line name="Alerts in it" value={String(alertCount)} />
        </>
      )}
      run={({ idempotencyKey, options }) =>
        monitoring.redeliverNotification({ deliveryId, idempotencyKey }, options)
      }
      showResult={({ delivery: after }) => (
        <Line name="State" value={after && <StateBadge of={after.state} />} />
      )}
      onClose={onClose}
    />
  );
}
