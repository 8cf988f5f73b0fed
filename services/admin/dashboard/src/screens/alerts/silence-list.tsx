import { createClient } from "@connectrpc/connect";
import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { type Silence, SilenceState } from "#gen/billing/monitoring/v1/silence_pb.ts";
import { ActionDialog } from "../../actions/action-dialog.tsx";
import { BeforeAfter, Line } from "../../actions/before-after.tsx";
import { msOf } from "../../data/clock.ts";
import { countText } from "../../data/exact.ts";
import { transport } from "../../data/transport.ts";
import { Badge } from "../../design/badge.tsx";
import { Button } from "../../design/button.tsx";
import { Card } from "../../design/card.tsx";
import { PagedTable } from "../../design/paged-table.tsx";
import { usePageToken } from "../../design/pager.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import type { Column } from "../../design/table.tsx";
import { TimeAgo, TimeAt } from "../../design/time.tsx";
import { usePermission } from "../../session/permission.ts";
import { matcherTexts } from "./alert-words.ts";

const monitoring = createClient(MonitoringService, transport);

const stateTexts: Readonly<Record<number, string>> = {
  [SilenceState.SCHEDULED]: "Scheduled",
  [SilenceState.ACTIVE]: "Holds",
  [SilenceState.EXPIRED]: "Over",
};

/** Silences, those that hold first. */
export function SilenceList() {
  const [ending, setEnding] = useState<Silence>();
  const may = usePermission();
  const found = useQuery(
    MonitoringService.method.listSilences,
    { pageToken: usePageToken() },
    { placeholderData: keepPreviousData },
  );
  const columns = may(MonitoringService.method.expireSilence)
    ? [...silenceColumns, endColumn(setEnding)]
    : silenceColumns;
  return (
    <Card flush>
      <Loaded from={found}>
        {({ silences, nextPageToken }) => (
          <PagedTable
            label="Silences"
            columns={columns}
            rows={silences}
            keyOf={({ silenceId }) => silenceId}
            empty={
              <EmptyState title="Nothing is silenced" icon="clock">
                A silence keeps matching alerts quiet for a time, for example during maintenance.
              </EmptyState>
            }
            noun="silences"
            nextPageToken={nextPageToken}
          />
        )}
      </Loaded>
      {ending && <EndDialog silence={ending} onClose={() => setEnding(undefined)} />}
    </Card>
  );
}

const silenceColumns: ReadonlyArray<Column<Silence>> = [
  {
    id: "which",
    title: "Which alerts",
    cell: ({ matchers, comment }) => (
      <>
        <code>{matcherTexts(matchers).join(", ")}</code>
        <div className="labels">{comment}</div>
      </>
    ),
  },
  {
    id: "state",
    title: "State",
    compare: (left, right) => left.state - right.state,
    cell: ({ state }) => (
      <Badge tone={state === SilenceState.ACTIVE ? "info" : "neutral"}>
        {stateTexts[state] ?? "Unknown"}
      </Badge>
    ),
  },
  {
    id: "mutes",
    title: "Mutes now",
    align: "right",
    isMinor: true,
    compare: (left, right) => left.mutedCount - right.mutedCount,
    cell: ({ mutedCount }) => mutedCount,
  },
  { id: "by", title: "By", isMinor: true, cell: ({ createdBy }) => createdBy },
  {
    id: "end",
    title: "Ends",
    align: "right",
    compare: (left, right) => (msOf(left.endTime) ?? 0) - (msOf(right.endTime) ?? 0),
    cell: ({ endTime }) => <TimeAgo at={endTime} />,
  },
];

function endColumn(end: (silence: Silence) => void): Column<Silence> {
  return {
    id: "act",
    title: "Action",
    align: "right",
    cell: (silence) =>
      silence.state === SilenceState.EXPIRED ? null : (
        <Button size="s" onClick={() => end(silence)}>
          End
        </Button>
      ),
  };
}

function EndDialog({ silence, onClose }: { silence: Silence; onClose: () => void }) {
  const { silenceId, endTime, mutedCount } = silence;
  return (
    <ActionDialog
      title="End the silence"
      about="Alerts that it mutes are notified again."
      confirmLabel="End it now"
      entries={silenceId}
      preview={async () => endTime}
      showPreview={(before) => (
        <>
          <BeforeAfter name="Ends" before={<TimeAt at={before} brief />} after="now" />
          <Line
            name="Heard again"
            value={mutedCount === 0 ? "no alert that is on" : countText(mutedCount, "alerts")}
          />
        </>
      )}
      run={(draft) => monitoring.expireSilence({ silenceId }, draft.options)}
      showResult={({ silence: after }) => <Line name="Ended" value={<TimeAt at={after?.endTime} />} />}
      onClose={onClose}
    />
  );
}
