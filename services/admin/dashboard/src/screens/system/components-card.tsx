import { durationMs } from "@bufbuild/protobuf/wkt";
import { type ComponentHealth, ComponentSchema } from "#gen/billing/monitoring/v1/system_health_pb.ts";
import { msOf } from "../../data/clock.ts";
import { enumText } from "../../data/enum-text.ts";
import { Card } from "../../design/card.tsx";
import { type Column, Table } from "../../design/table.tsx";
import { durationText, TimeAgo } from "../../design/time.tsx";
import { byUrgency, HealthBadge } from "./health-badge.tsx";

const names: Readonly<Record<string, string>> = { Core: "Billing Core", Exchange: "Exchange Rate" };

function nameOf({ component }: ComponentHealth): string {
  const text = enumText(ComponentSchema, component);
  return names[text] ?? text;
}

/** Sorts after every answer. */
const noAnswerMs = Number.MAX_SAFE_INTEGER;
const latencyMs = ({ latency }: ComponentHealth) => (latency ? durationMs(latency) : undefined);

const columns: ReadonlyArray<Column<ComponentHealth>> = [
  {
    id: "part",
    title: "Part",
    compare: (left, right) => left.component - right.component,
    cell: (component) => (
      <>
        <strong>{nameOf(component)}</strong>
        <div className="labels">{component.reasons.join("; ") || component.address}</div>
      </>
    ),
  },
  { id: "status", title: "State", compare: byUrgency, cell: ({ status }) => <HealthBadge of={status} /> },
  {
    id: "latency",
    title: "Answered in",
    align: "right",
    compare: (left, right) => (latencyMs(left) ?? noAnswerMs) - (latencyMs(right) ?? noAnswerMs),
    cell: (component) => {
      const ms = latencyMs(component);
      return ms === undefined ? <span className="soft">–</span> : latencyText(ms);
    },
  },
  {
    id: "since",
    title: "So since",
    align: "right",
    isMinor: true,
    compare: (left, right) => (msOf(left.since) ?? 0) - (msOf(right.since) ?? 0),
    cell: ({ since }) => <TimeAgo at={since} />,
  },
  {
    id: "started",
    title: "Started",
    align: "right",
    isMinor: true,
    compare: (left, right) => (msOf(left.startedAt) ?? 0) - (msOf(right.startedAt) ?? 0),
    cell: ({ startedAt }) => <TimeAgo at={startedAt} />,
  },
  {
    id: "version",
    title: "Version",
    align: "right",
    isMinor: true,
    cell: ({ version }) => version || <span className="soft">–</span>,
  },
];

function latencyText(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : durationText(ms);
}

/** The services and the servers of Redis, what is unwell first. */
export function ComponentsCard({ components }: { components: readonly ComponentHealth[] }) {
  return (
    <Card flush title="Services">
      <Table
        label="Services"
        columns={columns}
        rows={components.toSorted(byUrgency)}
        keyOf={({ component, address }) => `${component} ${address}`}
        empty={null}
      />
    </Card>
  );
}
