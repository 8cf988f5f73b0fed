import { durationMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { useState } from "react";
import type { AlertRuleSpec } from "#gen/billing/monitoring/v1/alert_rule_pb.ts";
import type { BacktestAlert, TestAlertRuleResponse } from "#gen/billing/monitoring/v1/alert_rule_rpc_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { countText, formatNumber } from "../../data/exact.ts";
import { transport } from "../../data/transport.ts";
import { Button } from "../../design/button.tsx";
import { Card } from "../../design/card.tsx";
import { TextField } from "../../design/field.tsx";
import { RangePicker, useRange } from "../../design/range-picker.tsx";
import { EmptyState, FailureNote } from "../../design/states.tsx";
import { type Column, Table } from "../../design/table.tsx";
import { durationText } from "../../design/time.tsx";
import { labelText } from "./alert-words.ts";

const monitoring = createClient(MonitoringService, transport);

type Outcome = { readonly answer: TestAlertRuleResponse } | { readonly error: unknown };

/** What the rule would have done on recorded figures. Changes and notifies nothing. */
export function Backtest({ ruleId, spec }: { ruleId: string; spec: AlertRuleSpec }) {
  const { seconds, name } = useRange("24h");
  const [accountId, setAccountId] = useState("");
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();
  const needsAccount = spec.condition.case === "spendSpike";
  const run = async () => {
    setBusy(true);
    const endMs = Date.now();
    await monitoring
      .testAlertRule({
        rule: { case: "ruleId", value: ruleId },
        accountId: needsAccount ? accountId.trim() : "",
        startTime: timestampFromMs(endMs - seconds * 1_000),
        endTime: timestampFromMs(endMs),
      })
      .then(
        (answer) => setOutcome({ answer }),
        (error: unknown) => setOutcome({ error }),
      );
    setBusy(false);
  };
  return (
    <Card
      title="What it would have done"
      hint={`on the figures of the ${name}`}
      actions={
        <>
          <RangePicker byDefault="24h" />
          <Button
            size="s"
            busy={busy}
            disabled={needsAccount && accountId.trim() === ""}
            onClick={() => void run()}
          >
            Try it
          </Button>
        </>
      }
    >
      <div className="stack">
        {needsAccount && (
          <TextField
            label="Account"
            name="account"
            hint="A spend spike is judged by the history of one account."
            value={accountId}
            onChange={(event) => setAccountId(event.target.value)}
          />
        )}
        {outcome === undefined && (
          <p className="soft">It is evaluated on what was recorded; nobody is notified.</p>
        )}
        {outcome && "error" in outcome && <FailureNote error={outcome.error} />}
        {outcome && "answer" in outcome && <Findings of={outcome.answer} />}
      </div>
    </Card>
  );
}

const columns: ReadonlyArray<Column<BacktestAlert>> = [
  { id: "labels", title: "Alert", cell: ({ labels }) => labelText(labels) || "the rule's one alert" },
  {
    id: "firing",
    title: "Would have fired for",
    align: "right",
    cell: ({ firingDuration }) => (firingDuration ? durationText(durationMs(firingDuration)) : "–"),
  },
  { id: "steps", title: "Changes", align: "right", cell: ({ transitions }) => transitions.length },
];

function Findings({ of }: { of: TestAlertRuleResponse }) {
  const told = `${countText(of.firingCount, "times")} firing, ${countText(of.pendingOnlyCount, "times")} only pending, in ${countText(of.evaluationCount, "evaluations")}${of.noDataCount > 0 ? `, ${formatNumber(of.noDataCount)} of them without data` : ""}.`;
  return (
    <div className="stack" role="status">
      <p>
        <strong>{told}</strong>
        {of.truncated && " Only the worst 100 alerts are listed."}
      </p>
      <Table
        label="Alerts that would have come about"
        columns={columns}
        rows={of.alerts}
        keyOf={({ labels }) => JSON.stringify(labels)}
        empty={<EmptyState title="It would have stayed quiet" icon="check" />}
        sortName="sort-backtest"
      />
    </div>
  );
}
