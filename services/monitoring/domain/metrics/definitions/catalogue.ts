import { MetricCatalogue } from "../metric-catalogue.ts";
import { foundLevels } from "./found-levels.ts";
import { ledgerCounters, ledgerLevels } from "./ledger-metrics.ts";
import { droppedSamples, notificationAttempts, notificationsWaiting } from "./own-counters.ts";
import { serviceMetrics } from "./service-metrics.ts";

/** Every metric that Monitoring keeps. */
export const metricCatalogue: MetricCatalogue = new MetricCatalogue([
  ...Object.values(ledgerCounters),
  ...Object.values(ledgerLevels),
  ...serviceMetrics,
  ...foundLevels,
  droppedSamples,
  notificationAttempts,
  notificationsWaiting,
]);
