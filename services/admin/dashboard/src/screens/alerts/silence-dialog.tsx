import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { useState } from "react";
import { MatchOperator } from "#gen/billing/monitoring/v1/matcher_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import type { CreateSilenceResponse } from "#gen/billing/monitoring/v1/silence_rpc_pb.ts";
import { ActionDialog, type ActionDraft } from "../../actions/action-dialog.tsx";
import { Line } from "../../actions/before-after.tsx";
import { countText } from "../../data/exact.ts";
import { transport } from "../../data/transport.ts";
import { SelectField, TextArea } from "../../design/field.tsx";
import { TimeAt } from "../../design/time.tsx";
import { alertTitle, labelText } from "./alert-words.ts";

const monitoring = createClient(MonitoringService, transport);

const hourMs = 3_600_000;
const lengths = [
  ["1", "1 hour"],
  ["4", "4 hours"],
  ["24", "1 day"],
  ["168", "7 days"],
  ["720", "30 days"],
] as const;

const line = /^([a-z][a-z0-9_]{0,63})\s*(=~|!~|!=|≠|=)\s*(.{0,255})$/;
const operators: Readonly<Record<string, MatchOperator>> = {
  "=": MatchOperator.EQUAL,
  "!=": MatchOperator.NOT_EQUAL,
  "≠": MatchOperator.NOT_EQUAL,
  "=~": MatchOperator.MATCHES,
  "!~": MatchOperator.NOT_MATCHES,
};
const maxMatchers = 16;

/** Reads matchers, one to a line: `severity = critical`. Undefined if a line is none. */
function readMatchers(text: string) {
  const lines = text.split("\n").map((each) => each.trim());
  const matchers = lines
    .filter((each) => each !== "")
    .map((each) => line.exec(each))
    .map(
      (found) =>
        found && { label: found[1] ?? "", operator: operators[found[2] ?? ""] ?? 0, value: found[3] ?? "" },
    );
  return matchers.every((matcher) => matcher !== null) ? matchers : undefined;
}

function problemOf(text: string): string {
  const matchers = readMatchers(text);
  if (matchers === undefined)
    return "Each line is a label, one of = != =~ !~ and a value, such as severity = critical.";
  if (matchers.length === 0) return "Say which alerts: at least one label.";
  return matchers.length > maxMatchers ? `At most ${maxMatchers} lines.` : "";
}

/** Mutes alerts for a time, after showing which ones. */
export function SilenceDialog({
  labels,
  onClose,
}: {
  /** Of the alert that it begins with; every label can be taken away. */
  labels: Readonly<Record<string, string>>;
  onClose: () => void;
}) {
  const [text, setText] = useState(() =>
    Object.entries(labels)
      .filter(([name]) => name !== "severity")
      .map(([name, value]) => `${name} = ${value}`)
      .join("\n"),
  );
  const [hours, setHours] = useState("4");
  // Tries of one dialog name the same end, else they would be different silences under one key.
  const [openedAtMs] = useState(Date.now);
  const endTime = timestampFromMs(openedAtMs + Number(hours) * hourMs);
  const send = (draft: ActionDraft, previewOnly: boolean) =>
    monitoring.createSilence(
      {
        matchers: readMatchers(text) ?? [],
        endTime,
        comment: draft.reason,
        idempotencyKey: draft.idempotencyKey,
        previewOnly,
      },
      draft.options,
    );
  return (
    <ActionDialog
      title="Silence alerts"
      about="They go on being evaluated and shown; nobody is notified of them."
      confirmLabel="Silence"
      problem={problemOf(text)}
      entries={JSON.stringify([text, hours])}
      preview={(draft) => send(draft, true)}
      run={(draft) => send(draft, false)}
      showPreview={(answer) => <Effect of={answer} />}
      showResult={(answer) => <Effect of={answer} />}
      onClose={onClose}
    >
      <TextArea
        label="Which alerts"
        name="matchers"
        autoFocus
        hint="One label to a line; all must hold: alertname = LowBalance, account =~ acme-.*"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <SelectField
        label="For how long"
        name="length"
        options={lengths}
        value={hours}
        onChange={(event) => setHours(event.target.value)}
      />
    </ActionDialog>
  );
}

const shownAlerts = 5;

function Effect({ of: { silence, mutedAlerts } }: { of: CreateSilenceResponse }) {
  const more = mutedAlerts.length - shownAlerts;
  return (
    <>
      <Line name="Until" value={<TimeAt at={silence?.endTime} />} />
      <Line
        name="Mutes now"
        value={mutedAlerts.length === 0 ? "no alert that is on" : countText(mutedAlerts.length, "alerts")}
      />
      <ul className="labels">
        {mutedAlerts.slice(0, shownAlerts).map(({ alertId, alertName, labels }) => (
          <li key={alertId}>{[alertTitle(alertName), labelText(labels)].filter(Boolean).join(" · ")}</li>
        ))}
        {more > 0 && <li>and {more} more</li>}
      </ul>
    </>
  );
}
