import { type Alert, AlertState } from "#gen/billing/monitoring/v1/alert_pb.ts";
import { AlertRuleHealth, AlertSeverity } from "#gen/billing/monitoring/v1/alert_rule_pb.ts";
import { Badge, type Tone } from "../../design/badge.tsx";

type Look = readonly [text: string, tone: Tone];
const unknown: Look = ["Unknown", "neutral"];

const severities: Readonly<Record<number, Look>> = {
  [AlertSeverity.INFO]: ["Info", "info"],
  [AlertSeverity.WARNING]: ["Warning", "warning"],
  [AlertSeverity.CRITICAL]: ["Critical", "danger"],
};

/** How bad an alert is. */
export function SeverityBadge({ of }: { of: AlertSeverity }) {
  const [text, tone] = severities[of] ?? unknown;
  return <Badge tone={tone}>{text}</Badge>;
}

const states: Readonly<Record<number, string>> = {
  [AlertState.INACTIVE]: "Inactive",
  [AlertState.PENDING]: "Pending",
  [AlertState.FIRING]: "Firing",
  [AlertState.RESOLVED]: "Resolved",
};

/** Where an alert stands, in a word. */
export function stateText(state: AlertState): string {
  return states[state] ?? "Unknown";
}

/** Where an alert stands, and what keeps it quiet. */
export function AlertBadges({ of }: { of: Alert }) {
  const isOn = of.state === AlertState.FIRING;
  const isOver = of.state === AlertState.RESOLVED;
  return (
    <span className="row">
      <Badge
        tone={isOn ? "danger" : isOver ? "good" : "neutral"}
        icon={isOn ? "danger" : isOver ? "check" : "clock"}
      >
        {stateText(of.state)}
      </Badge>
      {of.acknowledgement && <Badge icon="check">Taken</Badge>}
      {of.silenceIds.length > 0 && <Badge>Silenced</Badge>}
      {of.inhibitedByAlertIds.length > 0 && <Badge>Inhibited</Badge>}
    </span>
  );
}

const healths: Readonly<Record<number, Look>> = {
  [AlertRuleHealth.UNSPECIFIED]: ["Not evaluated yet", "neutral"],
  [AlertRuleHealth.OK]: ["Evaluated", "good"],
  [AlertRuleHealth.NO_DATA]: ["No data", "neutral"],
  [AlertRuleHealth.FAILED]: ["Fails", "danger"],
  [AlertRuleHealth.DISABLED]: ["Off", "neutral"],
};

/** Whether a rule is evaluated. */
export function RuleHealthBadge({ of }: { of: AlertRuleHealth }) {
  const [text, tone] = healths[of] ?? unknown;
  return <Badge tone={tone}>{text}</Badge>;
}
