import { durationMs } from "@bufbuild/protobuf/wkt";
import { type SourceFreshness, SourceKind } from "#gen/billing/monitoring/v1/system_health_pb.ts";
import { msOf } from "../../data/clock.ts";
import { Card } from "../../design/card.tsx";
import { EmptyState } from "../../design/states.tsx";
import { type Column, Table } from "../../design/table.tsx";
import { durationText, TimeAgo } from "../../design/time.tsx";
import { byUrgency, HealthBadge } from "./health-badge.tsx";

const kinds: Readonly<Record<SourceKind, string>> = {
  [SourceKind.UNSPECIFIED]: "",
  [SourceKind.RATES]: "Exchange rates",
  [SourceKind.PRICES]: "Prices",
};

const columns: ReadonlyArray<Column<SourceFreshness>> = [
  {
    id: "source",
    title: "Source",
    compare: (left, right) => left.source.localeCompare(right.source),
    cell: ({ source, lastError }) => (
      <>
        <strong>{source}</strong>
        {lastError && <div className="labels">{lastError}</div>}
      </>
    ),
  },
  {
    id: "kind",
    title: "Delivers",
    isMinor: true,
    compare: (left, right) => left.kind - right.kind,
    cell: ({ kind }) => kinds[kind],
  },
  {
    id: "status",
    title: "State",
    compare: byUrgency,
    cell: ({ status }) => <HealthBadge of={status} good="Fresh" />,
  },
  {
    id: "published",
    title: "Data of",
    align: "right",
    compare: (left, right) => (msOf(left.publishedAt) ?? 0) - (msOf(right.publishedAt) ?? 0),
    cell: ({ publishedAt }) => <TimeAgo at={publishedAt} />,
  },
  {
    id: "age",
    title: "Good for",
    align: "right",
    isMinor: true,
    cell: ({ maxAge }) =>
      maxAge ? durationText(durationMs(maxAge)) : <span className="soft">any time</span>,
  },
];

/** How old what prices and rates rest on is. */
export function SourcesCard({ sources }: { sources: readonly SourceFreshness[] }) {
  return (
    <Card flush title="Prices and rates" hint="usage is refused once they are too old">
      <Table
        label="Sources of prices and rates"
        columns={columns}
        rows={sources.toSorted(byUrgency)}
        keyOf={({ kind, source }) => `${kind} ${source}`}
        empty={<EmptyState title="No sources are known yet" icon="pricing" />}
        sortName="sort-sources"
      />
    </Card>
  );
}
