import { Link } from "wouter";
import { type Alert, AlertState } from "#gen/billing/monitoring/v1/alert_pb.ts";
import { msOf } from "../../data/clock.ts";
import type { Column } from "../../design/table.tsx";
import { TimeAgo } from "../../design/time.tsx";
import { AlertBadges, SeverityBadge } from "./alert-badges.tsx";
import { alertTitle, labelText } from "./alert-words.ts";

/** What to look at first: firing before pending, critical before the rest, the oldest first. */
export function byUrgency(left: Alert, right: Alert): number {
  const isFiring = ({ state }: Alert) => (state === AlertState.FIRING ? 0 : 1);
  return (
    isFiring(left) - isFiring(right) ||
    right.severity - left.severity ||
    (msOf(left.activeAt) ?? 0) - (msOf(right.activeAt) ?? 0)
  );
}

/** The columns of a list of alerts. */
export const alertColumns: ReadonlyArray<Column<Alert>> = [
  {
    id: "alert",
    title: "Alert",
    compare: (left, right) => left.alertName.localeCompare(right.alertName),
    cell: ({ alertId, alertName, labels, annotations }) => (
      <>
        <Link href={`/alerts/${encodeURIComponent(alertId)}`} className="table-link">
          {annotations.summary || alertTitle(alertName)}
        </Link>
        <div className="labels">{[alertName, labelText(labels)].filter(Boolean).join(" · ")}</div>
      </>
    ),
  },
  {
    id: "state",
    title: "State",
    compare: (left, right) => left.state - right.state,
    cell: (alert) => <AlertBadges of={alert} />,
  },
  {
    id: "severity",
    title: "Severity",
    isMinor: true,
    compare: (left, right) => left.severity - right.severity,
    cell: ({ severity }) => <SeverityBadge of={severity} />,
  },
  {
    id: "value",
    title: "Figure",
    align: "right",
    isMinor: true,
    cell: ({ value }) => value || <span className="soft">–</span>,
  },
  {
    id: "since",
    title: "Since",
    align: "right",
    compare: (left, right) => (msOf(left.activeAt) ?? 0) - (msOf(right.activeAt) ?? 0),
    cell: ({ activeAt }) => <TimeAgo at={activeAt} />,
  },
];
