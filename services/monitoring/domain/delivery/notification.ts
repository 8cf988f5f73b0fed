import type { Labels } from "../label-matcher.ts";
import { commonLabels, formatLabels } from "../label-set.ts";

/** An alert as a notification tells of it. */
export interface NotifiedAlert {
  readonly alertId: string;
  readonly status: "firing" | "resolved";
  readonly labels: Labels;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAtMs: number;
  /** Undefined while it fires. */
  readonly endsAtMs: number | undefined;
  /** Page that shows it; empty if there is none. */
  readonly generatorUrl: string;
  readonly fingerprint: string;
}

/** What is told to a channel about a group of alerts. */
export interface Notification {
  /** Id of the channel. */
  readonly receiver: string;
  readonly groupLabels: Labels;
  readonly alerts: readonly NotifiedAlert[];
  /** Most alerts that are told of. */
  readonly maxAlerts: number;
  /** Address of the dashboard; empty if none is configured. */
  readonly externalUrl: string;
}

/** The payload of Alertmanager's webhook, version 4. */
export interface WebhookPayload {
  readonly version: "4";
  readonly groupKey: string;
  readonly truncatedAlerts: number;
  readonly status: "firing" | "resolved";
  readonly receiver: string;
  readonly groupLabels: Labels;
  readonly commonLabels: Labels;
  readonly commonAnnotations: Readonly<Record<string, string>>;
  readonly externalURL: string;
  readonly alerts: ReadonlyArray<{
    readonly status: "firing" | "resolved";
    readonly labels: Labels;
    readonly annotations: Readonly<Record<string, string>>;
    readonly startsAt: string;
    readonly endsAt: string;
    readonly generatorURL: string;
    readonly fingerprint: string;
  }>;
}

/** What Alertmanager writes for a time that is not set. */
const noTime = "0001-01-01T00:00:00Z";

/** The key of a group, as Alertmanager writes it for a top-level route. */
export function groupKeyOf(groupLabels: Labels): string {
  return `{}:${formatLabels(groupLabels)}`;
}

/** What Alertmanager would send. */
export function toWebhookPayload(notification: Notification): WebhookPayload {
  const { receiver, groupLabels, alerts, maxAlerts, externalUrl } = notification;
  const told = alerts.slice(0, maxAlerts);
  return {
    version: "4",
    groupKey: groupKeyOf(groupLabels),
    truncatedAlerts: alerts.length - told.length,
    status: statusOf(alerts),
    receiver,
    groupLabels,
    commonLabels: commonLabels(alerts.map(({ labels }) => labels)),
    commonAnnotations: commonLabels(alerts.map(({ annotations }) => annotations)),
    externalURL: externalUrl,
    alerts: told.map((alert) => ({
      status: alert.status,
      labels: alert.labels,
      annotations: alert.annotations,
      startsAt: new Date(alert.startsAtMs).toISOString(),
      endsAt: alert.endsAtMs === undefined ? noTime : new Date(alert.endsAtMs).toISOString(),
      generatorURL: alert.generatorUrl,
      fingerprint: alert.fingerprint,
    })),
  };
}

/** Firing while one of them is. */
export function statusOf(alerts: readonly NotifiedAlert[]): "firing" | "resolved" {
  return alerts.some(({ status }) => status === "firing") ? "firing" : "resolved";
}
