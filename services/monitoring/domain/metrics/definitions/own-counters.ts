import type { MetricDefinition } from "../metric-definition.ts";
import { serviceNames } from "./service-metrics.ts";

const common = { unit: "", perAccount: false, source: "monitoring", origin: "records" } as const;

/** What became of attempts to send notifications. */
export const notificationAttempts: MetricDefinition = {
  ...common,
  name: "billing_notification_attempts_total",
  type: "counter",
  labels: { service: serviceNames, outcome: ["delivered", "repeated", "given_up", "discarded"] },
  description: "Attempts to send a notification to a channel, by what came of them.",
};

/** Notifications that wait to be sent or sent again. */
export const notificationsWaiting: MetricDefinition = {
  ...common,
  name: "billing_notifications_waiting",
  type: "gauge",
  labels: { service: serviceNames },
  description: "Notifications that wait to be sent, or sent again.",
};

/** Samples that are in no series. */
export const droppedSamples: MetricDefinition = {
  ...common,
  name: "billing_metrics_dropped_samples_total",
  type: "counter",
  labels: { service: serviceNames, metric: "name" },
  description: "Samples that were refused since their metric has 2,000 series already, by metric.",
};
