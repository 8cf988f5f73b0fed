import type { WebhookPayload } from "../domain/delivery/notification.ts";

/** A message as Slack's incoming webhooks take it; Mattermost and others do too. */
export interface SlackMessage {
  readonly text: string;
  readonly channel?: string;
  readonly attachments: ReadonlyArray<{
    readonly color: string;
    readonly fallback: string;
    readonly title: string;
    readonly title_link?: string;
    readonly text: string;
    /** Epoch seconds. */
    readonly ts: number;
  }>;
}

/** Slack takes no more attachments than this. */
const mostAttachments = 20;

const colorOf: Readonly<Record<string, string>> = { critical: "danger", warning: "warning", info: "#439fe0" };
const resolvedColor = "good";

/** The same notification in the form of Slack. @param room empty for the webhook's own. */
export function toSlackMessage(payload: WebhookPayload, room: string): SlackMessage {
  const shown = payload.alerts.slice(0, mostAttachments);
  return {
    text: headline(payload, payload.alerts.length - shown.length + payload.truncatedAlerts),
    ...(room === "" ? {} : { channel: room }),
    attachments: shown.map((alert) => {
      const { alertname = "", severity = "" } = alert.labels;
      const isFiring = alert.status === "firing";
      const title = `${isFiring ? "Firing" : "Resolved"}: ${alertname}`;
      const at = isFiring ? alert.startsAt : alert.endsAt;
      return {
        color: isFiring ? (colorOf[severity] ?? "warning") : resolvedColor,
        fallback: escapeText(title),
        title: escapeText(title),
        ...(alert.generatorURL === "" ? {} : { title_link: alert.generatorURL }),
        text: escapeText(describe(alert)),
        ts: Math.floor(Date.parse(at) / 1_000),
      };
    }),
  };
}

function headline(
  { status, alerts, commonLabels, groupLabels, truncatedAlerts }: WebhookPayload,
  unseen: number,
) {
  const name = groupLabels.alertname ?? commonLabels.alertname ?? "Several alerts";
  const firing = alerts.filter((alert) => alert.status === "firing").length;
  const count = status === "firing" ? `${firing + truncatedAlerts} firing` : "resolved";
  const more = unseen > 0 ? `, ${unseen} not shown` : "";
  return escapeText(`${name}: ${count}${more}`);
}

function describe({ labels, annotations }: WebhookPayload["alerts"][number]): string {
  const {
    summary = "",
    description = "",
    reason = "",
    runbook = "",
    runbook_url: link = runbook,
  } = annotations;
  const { alertname: _name, ...others } = labels;
  const named = Object.entries(others).map(([name, value]) => `${name}: ${value}`);
  return [summary, description, reason, named.join(", "), link].filter((line) => line !== "").join("\n");
}

/** Slack reads these three as markup. */
function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
