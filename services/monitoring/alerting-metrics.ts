import { Counter, Gauge } from "@prometheus-io/client";
import type { Metrics } from "#platform/observe/metrics.ts";
import { notificationAttempts, notificationsWaiting } from "./domain/metrics/definitions/own-counters.ts";
import type { DeliveryRecord } from "./store/deliveries/delivery-record.ts";
import type { DeliveryStore } from "./store/deliveries/delivery-store.ts";

/** Counts what becomes of notifications, on Monitoring's own /metrics. */
export interface AlertingMetrics {
  /** After each attempt. */
  countAttempt(delivery: DeliveryRecord): void;
  /** Shows how many notifications wait. */
  watchQueue(store: Pick<DeliveryStore, "queue">): void;
}

const outcomeOf: Readonly<Record<DeliveryRecord["state"], string>> = {
  delivered: "delivered",
  failed: "given_up",
  pending: "repeated",
  discarded: "discarded",
};

export function createAlertingMetrics({ registry }: Metrics): AlertingMetrics {
  const registers = [registry];
  const attempts = new Counter({
    name: notificationAttempts.name,
    help: notificationAttempts.description,
    labelNames: ["outcome"],
    registers,
  });
  return {
    countAttempt: ({ state }) => attempts.inc({ outcome: outcomeOf[state] }),
    watchQueue({ queue }) {
      new Gauge({
        name: notificationsWaiting.name,
        help: notificationsWaiting.description,
        registers,
        async collect() {
          const { due, delayed, leased } = await queue.stats();
          this.set(due + delayed + leased);
        },
      });
    },
  };
}
