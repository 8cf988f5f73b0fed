import { createClient } from "@connectrpc/connect";
import { useQuery } from "@connectrpc/connect-query";
import { useState } from "react";
import type { Channel, ChannelSpec } from "#gen/billing/monitoring/v1/channel_pb.ts";
import { type Delivery, DeliveryState } from "#gen/billing/monitoring/v1/delivery_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { queryClient } from "../../data/query-client.ts";
import { transport } from "../../data/transport.ts";
import { Badge } from "../../design/badge.tsx";
import { Button } from "../../design/button.tsx";
import { Card } from "../../design/card.tsx";
import { PagedTable } from "../../design/paged-table.tsx";
import { usePageToken } from "../../design/pager.tsx";
import { EmptyState, FailureNote, Loaded } from "../../design/states.tsx";
import type { Column } from "../../design/table.tsx";
import { TimeAgo } from "../../design/time.tsx";
import { usePermission } from "../../session/permission.ts";
import { matcherTexts } from "./alert-words.ts";

const monitoring = createClient(MonitoringService, transport);

/** Where a channel sends, in words; of a Slack address only the host is ever known here. */
function targetText(spec: ChannelSpec | undefined): string {
  switch (spec?.target.case) {
    case "webhook":
      return `webhook ${spec.target.value.url}`;
    case "slack":
      return `Slack ${spec.target.value.url} ${spec.target.value.room}`.trim();
    case "log":
      return "the log of Monitoring";
    default:
      return "";
  }
}

/** The ways by which alerts reach people; each can be tried. */
export function ChannelList() {
  const may = usePermission();
  const found = useQuery(MonitoringService.method.listChannels, { pageToken: usePageToken() });
  const columns = may(MonitoringService.method.testChannel)
    ? [...channelColumns, testColumn]
    : channelColumns;
  return (
    <Card flush>
      <Loaded from={found}>
        {({ channels, nextPageToken }) => (
          <PagedTable
            label="Channels"
            columns={columns}
            rows={channels}
            keyOf={({ channelId }) => channelId}
            empty={
              <EmptyState title="Nobody is notified yet" icon="alerts">
                A channel sends alerts to a webhook, to Slack or to the log. Make one with CreateChannel;
                docs/alerting.md shows how.
              </EmptyState>
            }
            noun="channels"
            nextPageToken={nextPageToken}
          />
        )}
      </Loaded>
    </Card>
  );
}

const channelColumns: ReadonlyArray<Column<Channel>> = [
  {
    id: "channel",
    title: "Channel",
    compare: (left, right) => left.channelId.localeCompare(right.channelId),
    cell: ({ channelId, spec }) => (
      <>
        <strong>{channelId}</strong>
        <div className="labels">{targetText(spec)}</div>
      </>
    ),
  },
  {
    id: "state",
    title: "State",
    cell: ({ spec, lastError }) =>
      spec?.disabled ? (
        <Badge>Off</Badge>
      ) : lastError ? (
        <Badge tone="danger">Fails</Badge>
      ) : (
        <Badge tone="good">On</Badge>
      ),
  },
  {
    id: "which",
    title: "Gets",
    isMinor: true,
    cell: ({ spec, lastError }) => (
      <>
        {spec && spec.matchers.length > 0 ? matcherTexts(spec.matchers).join(", ") : "every alert"}
        {lastError && <div className="labels">{lastError}</div>}
      </>
    ),
  },
  {
    id: "waiting",
    title: "Waiting",
    align: "right",
    isMinor: true,
    compare: (left, right) => left.pendingCount - right.pendingCount,
    cell: ({ pendingCount }) => pendingCount,
  },
  {
    id: "delivered",
    title: "Delivered",
    align: "right",
    isMinor: true,
    cell: ({ lastDeliveredAt }) => <TimeAgo at={lastDeliveredAt} />,
  },
];

const testColumn: Column<Channel> = {
  id: "act",
  title: "Action",
  align: "right",
  cell: ({ channelId, spec }) => (spec?.disabled ? null : <TestButton channelId={channelId} />),
};

/** Sends a test notification at once and says what became of it. */
function TestButton({ channelId }: { channelId: string }) {
  const [busy, setBusy] = useState(false);
  const [delivery, setDelivery] = useState<Delivery>();
  const [error, setError] = useState<unknown>();
  const run = async () => {
    setBusy(true);
    setError(undefined);
    await monitoring.testChannel({ channelId }).then((answer) => setDelivery(answer.delivery), setError);
    setBusy(false);
    void queryClient.invalidateQueries();
  };
  const attempt = delivery?.attempts.at(-1);
  return (
    <>
      <Button size="s" busy={busy} onClick={() => void run()}>
        Send a test
      </Button>
      {Boolean(error) && <FailureNote error={error} />}
      {delivery && (
        <div className="labels" role="status">
          {delivery.state === DeliveryState.DELIVERED ? "Arrived" : attempt?.error || "Not delivered"}
        </div>
      )}
    </>
  );
}
