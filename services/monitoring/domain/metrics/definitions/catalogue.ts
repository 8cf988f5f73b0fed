import { MetricCatalogue } from "../metric-catalogue.ts";
import { notificationAttempts, notificationsWaiting } from "./alerting-metrics.ts";
import { ledgerCounters, ledgerLevels } from "./ledger-metrics.ts";
import { serviceMetrics } from "./service-metrics.ts";

/** Every metric that Monitoring keeps. */
export const metricCatalogue: MetricCatalogue = new MetricCatalogue([
  ...Object.values(ledgerCounters),
  ...Object.values(ledgerLevels),
  ...serviceMetrics,
  notificationAttempts,
  notificationsWaiting,
]);
