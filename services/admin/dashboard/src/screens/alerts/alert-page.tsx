import { useQuery } from "@connectrpc/connect-query";
import { useState } from "react";
import { Link, useParams } from "wouter";
import { type Alert, AlertState, type AlertTransition } from "#gen/billing/monitoring/v1/alert_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { msOf } from "../../data/clock.ts";
import { Button } from "../../design/button.tsx";
import { Card } from "../../design/card.tsx";
import { Facts } from "../../design/facts.tsx";
import { PageHeader } from "../../design/page.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import { type Column, Table } from "../../design/table.tsx";
import { TimeAgo, TimeAt } from "../../design/time.tsx";
import { usePermission } from "../../session/permission.ts";
import { AcknowledgeDialog } from "./acknowledge-dialog.tsx";
import { AlertBadges, SeverityBadge, stateText } from "./alert-badges.tsx";
import { alertTitle, labelText } from "./alert-words.ts";
import { useLiveAlerts } from "./live-alerts.ts";
import { SilenceDialog } from "./silence-dialog.tsx";

/** One alert: what is wrong, since when, what to do, and who has taken it. */
export function Page() {
  const { alertId = "" } = useParams<{ alertId: string }>();
  const read = useQuery(MonitoringService.method.getAlert, { alertId });
  // Followed for its changes: each has the alert read again.
  useLiveAlerts();
  const alert = read.data?.alert;
  return (
    <>
      <PageHeader
        title={alert ? alertTitle(alert.alertName) : "Alert"}
        back={{ href: "/alerts", label: "Alerts" }}
        badges={
          alert && (
            <>
              <SeverityBadge of={alert.severity} />
              <AlertBadges of={alert} />
            </>
          )
        }
        about={alert?.annotations.summary}
        actions={alert && <Actions alert={alert} />}
      />
      <Loaded from={read}>
        {({ history }) =>
          alert && (
            <div className="stack">
              <div className="columns">
                <WhatToDo alert={alert} />
                <Card title="Facts">
                  <Facts of={factsOf(alert)} />
                </Card>
              </div>
              <History of={history} />
            </div>
          )
        }
      </Loaded>
    </>
  );
}

function Actions({ alert }: { alert: Alert }) {
  const [open, setOpen] = useState<"acknowledge" | "silence">();
  const may = usePermission();
  const isOver = alert.state === AlertState.RESOLVED;
  const close = () => setOpen(undefined);
  return (
    <>
      {!isOver && may(MonitoringService.method.createSilence) && (
        <Button icon="clock" onClick={() => setOpen("silence")}>
          Silence
        </Button>
      )}
      {!isOver && may(MonitoringService.method.acknowledgeAlert) && (
        <Button look="primary" icon="check" onClick={() => setOpen("acknowledge")}>
          {alert.acknowledgement ? "Take it back" : "I take it"}
        </Button>
      )}
      {open === "silence" && <SilenceDialog labels={alert.labels} onClose={close} />}
      {open === "acknowledge" && <AcknowledgeDialog alert={alert} onClose={close} />}
    </>
  );
}

function WhatToDo({ alert: { annotations, acknowledgement } }: { alert: Alert }) {
  const { description, reason, runbook_url: runbook } = annotations;
  const others = Object.entries(annotations).filter(
    ([name]) => !["summary", "description", "reason", "runbook_url"].includes(name),
  );
  return (
    <Card title="What to do">
      <div className="stack">
        {description && <p>{description}</p>}
        {reason && <p>{reason}</p>}
        {others.map(([name, text]) => (
          <p key={name}>
            <span className="soft">{name}:</span> {text}
          </p>
        ))}
        {runbook && (
          <p>
            {/^https?:/.test(runbook) ? (
              <a href={runbook}>Runbook</a>
            ) : (
              <>
                Runbook: <code>{runbook}</code>
              </>
            )}
          </p>
        )}
        {acknowledgement ? (
          <p>
            Taken by <strong>{acknowledgement.acknowledgedBy}</strong>{" "}
            <TimeAgo at={acknowledgement.acknowledgedAt} />
            {acknowledgement.note && `: ${acknowledgement.note}`}
          </p>
        ) : (
          <p className="soft">Nobody has taken it. Who takes it is shown here, and it is not repeated.</p>
        )}
      </div>
    </Card>
  );
}

function factsOf(alert: Alert) {
  return [
    ["Figure", alert.value],
    ["The condition holds since", <TimeAt key="active" at={alert.activeAt} />],
    ["Fires since", alert.firedAt && <TimeAt key="fired" at={alert.firedAt} />],
    ["Resolved", alert.resolvedAt && <TimeAt key="resolved" at={alert.resolvedAt} />],
    ["Only kept on since", alert.keepFiringSince && <TimeAt key="kept" at={alert.keepFiringSince} />],
    ["Notified", alert.lastNotifiedAt ? <TimeAgo key="notified" at={alert.lastNotifiedAt} /> : "not yet"],
    [
      "Account",
      alert.accountId && (
        <Link key="account" href={`/accounts/${encodeURIComponent(alert.accountId)}`}>
          {alert.accountId}
        </Link>
      ),
    ],
    [
      "Rule",
      <Link key="rule" href={`/alerts/rules/${encodeURIComponent(alert.ruleId)}`}>
        {alert.ruleId}
      </Link>,
    ],
    ["Labels", labelText(alert.labels)],
  ] as const;
}

const steps: ReadonlyArray<Column<AlertTransition>> = [
  { id: "at", title: "When", cell: ({ at }) => <TimeAt at={at} /> },
  { id: "state", title: "State", cell: ({ toState }) => stateText(toState) },
  {
    id: "what",
    title: "What happened",
    cell: ({ description, actor }) => (
      <>
        {description}
        {actor && <div className="labels">{actor}</div>}
      </>
    ),
  },
  { id: "value", title: "Figure", align: "right", isMinor: true, cell: ({ value }) => value || "–" },
];

function History({ of }: { of: readonly AlertTransition[] }) {
  return (
    <Card flush title="History">
      <Table
        label="History of the alert"
        columns={steps}
        rows={of.toReversed()}
        keyOf={(step) => `${msOf(step.at)} ${step.toState} ${step.description}`}
        empty={<EmptyState title="No steps yet" icon="clock" />}
      />
    </Card>
  );
}
