import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { del, get, post, put, type Route } from "./route.ts";

const monitoring = MonitoringService.method;
const rule = { ruleId: "declines" };
const metric = { metric: "billing_declines_total" };
const spec = {
  alertName: "ManyDeclines",
  metric: { query: metric, operator: "COMPARISON_OPERATOR_GREATER", threshold: "100" },
  for: "300s",
  severity: "ALERT_SEVERITY_WARNING",
};
const channel = { channelId: "on-call" };
const target = { webhook: { url: "https://example.com/alerts" }, matchers: [] };
const alert = { alertId: "al_1" };
const matchers = [{ label: "severity", operator: "MATCH_OPERATOR_EQUAL", value: "warning" }];

/** Metrics, alerts and how people are told of them. */
export const monitoringRoutes: readonly Route[] = [
  get("/admin/monitoring", monitoring.getOverview, "The operators' overview", { range: "86400s" }),
  get("/admin/monitoring/health", monitoring.getSystemHealth, "How the services and the store stand"),
  get("/admin/monitoring/metrics", monitoring.listMetrics, "List metrics", { pageSize: 20 }),
  post("/admin/monitoring/query", monitoring.queryMetrics, "Query metrics", { queries: [metric] }),
  get("/admin/alerts", monitoring.listAlerts, "List alerts", { states: ["ALERT_STATE_FIRING"] }),
  get("/admin/alerts/silences", monitoring.listSilences, "List silences", { pageSize: 20 }),
  post("/admin/alerts/silences", monitoring.createSilence, "Silence alerts", {
    matchers,
    endTime: "2030-01-01T00:00:00Z",
    comment: "Planned work",
  }),
  post("/admin/alerts/silences/:silenceId/expire", monitoring.expireSilence, "End a silence", {
    silenceId: "si_1",
  }),
  get("/admin/alerts/rules", monitoring.listAlertRules, "List alert rules", { pageSize: 20 }),
  post("/admin/alerts/rules", monitoring.createAlertRule, "Create an alert rule", { ...rule, spec }),
  post("/admin/alerts/rules/test", monitoring.testAlertRule, "Try an alert rule on recorded data", rule),
  get("/admin/alerts/rules/:ruleId", monitoring.getAlertRule, "Read an alert rule", rule),
  put("/admin/alerts/rules/:ruleId", monitoring.updateAlertRule, "Replace an alert rule", {
    ...rule,
    spec,
    expectedVersion: "1",
  }),
  del("/admin/alerts/rules/:ruleId", monitoring.deleteAlertRule, "Delete an alert rule", rule),
  get("/admin/alerts/inhibitions", monitoring.listInhibitions, "List inhibitions", { pageSize: 20 }),
  post("/admin/alerts/inhibitions", monitoring.createInhibition, "Let alerts mute others", {
    inhibitionId: "store-down",
    sourceMatchers: matchers,
    targetMatchers: matchers,
  }),
  del("/admin/alerts/inhibitions/:inhibitionId", monitoring.deleteInhibition, "Delete an inhibition", {
    inhibitionId: "store-down",
  }),
  get("/admin/alerts/channels", monitoring.listChannels, "List channels", { pageSize: 20 }),
  post("/admin/alerts/channels", monitoring.createChannel, "Create a channel", { ...channel, spec: target }),
  put("/admin/alerts/channels/:channelId", monitoring.updateChannel, "Replace a channel", {
    ...channel,
    spec: target,
    expectedVersion: "1",
  }),
  del("/admin/alerts/channels/:channelId", monitoring.deleteChannel, "Delete a channel", channel),
  post("/admin/alerts/channels/:channelId/test", monitoring.testChannel, "Send a test notification", channel),
  get("/admin/alerts/deliveries", monitoring.listDeliveries, "List notifications", { pageSize: 20 }),
  post("/admin/alerts/deliveries/:deliveryId/redeliver", monitoring.redeliverNotification, "Send one again", {
    deliveryId: "de_1",
  }),
  get("/admin/alerts/:alertId", monitoring.getAlert, "Read an alert with its history", alert),
  post("/admin/alerts/:alertId/acknowledge", monitoring.acknowledgeAlert, "Take an alert", {
    ...alert,
    note: "Looking into it",
  }),
];
