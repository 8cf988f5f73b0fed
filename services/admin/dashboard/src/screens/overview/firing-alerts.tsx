import { Link } from "wouter";
import type { Alert } from "#gen/billing/monitoring/v1/alert_pb.ts";
import { AlertSeverity } from "#gen/billing/monitoring/v1/alert_rule_pb.ts";
import { Badge } from "../../design/badge.tsx";
import { Card } from "../../design/card.tsx";
import { EmptyState } from "../../design/states.tsx";
import { TimeAgo } from "../../design/time.tsx";

/** What fires now, worst first. */
export function FiringAlerts({ alerts }: { alerts: readonly Alert[] }) {
  return (
    <Card title="Firing alerts" actions={<Link href="/alerts">All alerts</Link>}>
      {alerts.length === 0 ? (
        <EmptyState title="Nothing fires" icon="check">
          Alerts appear here the moment they do.
        </EmptyState>
      ) : (
        <ul className="overview-list">
          {alerts.map((alert) => (
            <li key={alert.alertId}>
              <span>
                <Link href={`/alerts/${encodeURIComponent(alert.alertId)}`}>
                  <strong>{alert.alertName}</strong>
                </Link>
                <span className="overview-reason">
                  {alert.annotations.summary ?? alert.annotations.description ?? alert.accountId}
                </span>
                <span className="soft">
                  since <TimeAgo at={alert.firedAt ?? alert.activeAt} />
                </span>
              </span>
              <SeverityBadge of={alert.severity} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function SeverityBadge({ of }: { of: AlertSeverity }) {
  if (of === AlertSeverity.CRITICAL) return <Badge tone="danger">Critical</Badge>;
  return of === AlertSeverity.WARNING ? (
    <Badge tone="warning">Warning</Badge>
  ) : (
    <Badge tone="info">Info</Badge>
  );
}
