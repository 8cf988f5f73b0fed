import { useState } from "react";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { Button } from "../../design/button.tsx";
import { Card } from "../../design/card.tsx";
import { PageHeader } from "../../design/page.tsx";
import { EmptyState, Skeleton } from "../../design/states.tsx";
import { Table } from "../../design/table.tsx";
import { Tabs, useTab } from "../../design/tabs.tsx";
import { usePermission } from "../../session/permission.ts";
import { alertColumns, byUrgency } from "./alert-columns.tsx";
import { AlertHistory } from "./alert-history.tsx";
import { ChannelList } from "./channel-list.tsx";
import { DeliveryList } from "./delivery-list.tsx";
import { type LiveAlerts, useLiveAlerts } from "./live-alerts.ts";
import { RuleList } from "./rule-list.tsx";
import { SilenceDialog } from "./silence-dialog.tsx";
import { SilenceList } from "./silence-list.tsx";

const tabs = [
  ["now", "Now"],
  ["history", "History"],
  ["silences", "Silences"],
  ["rules", "Rules"],
  ["channels", "Channels"],
  ["deliveries", "Notifications"],
] as const;

/** What needs somebody, live; and the rules, silences and ways by which people hear of it. */
export function Page() {
  const [isSilencing, setSilencing] = useState(false);
  const may = usePermission();
  const live = useLiveAlerts();
  const [firing, pending] = counts(live);
  return (
    <>
      <PageHeader
        title="Alerts"
        about={live.alerts ? `${firing} firing, ${pending} pending.` : "What needs somebody."}
        actions={
          may(MonitoringService.method.createSilence) && (
            <Button icon="clock" onClick={() => setSilencing(true)}>
              Silence
            </Button>
          )
        }
      />
      <div className="stack">
        <Tabs label="Parts of alerting" tabs={tabs} />
        <Part live={live} />
      </div>
      {isSilencing && <SilenceDialog labels={{}} onClose={() => setSilencing(false)} />}
    </>
  );
}

function counts({ alerts = [] }: LiveAlerts): readonly [firing: number, pending: number] {
  const firing = alerts.filter(({ firedAt }) => firedAt !== undefined).length;
  return [firing, alerts.length - firing];
}

function Part({ live }: { live: LiveAlerts }) {
  const shown = useTab("now");
  switch (shown) {
    case "history":
      return <AlertHistory />;
    case "silences":
      return <SilenceList />;
    case "rules":
      return <RuleList />;
    case "channels":
      return <ChannelList />;
    case "deliveries":
      return <DeliveryList />;
    default:
      return <Now live={live} />;
  }
}

function Now({ live: { alerts, isCut, refusal } }: { live: LiveAlerts }) {
  return (
    <Card flush>
      {refusal ? (
        <EmptyState title={refusal.title} icon="danger">
          {refusal.detail}
        </EmptyState>
      ) : alerts === undefined ? (
        <Skeleton lines={4} />
      ) : (
        <Table
          label="Alerts that are on"
          columns={alertColumns}
          rows={alerts.toSorted(byUrgency)}
          keyOf={({ alertId }) => alertId}
          empty={
            <EmptyState title="All is well" icon="check">
              No alert is pending or firing. New ones appear here as they come.
            </EmptyState>
          }
        />
      )}
      {isCut && <footer className="pager">The newest 1,000 of them; History has all.</footer>}
    </Card>
  );
}
