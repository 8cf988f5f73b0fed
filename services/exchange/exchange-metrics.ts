import { Counter, Gauge } from "@prometheus-io/client";
import type { Metrics } from "#platform/observe/metrics.ts";
import type { LiveExchange } from "./domain/live-exchange.ts";
import type { RefreshResult } from "./domain/providers/rate-refresher.ts";

/** Metrics of rates: their age and those that wait for review are read when they are asked for. */
export function createExchangeMetrics(
  { registry }: Metrics,
  live: LiveExchange,
  now: () => number,
): { countRefresh(result: RefreshResult): void } {
  const registers = [registry];
  const labelNames = ["provider"] as const;
  new Gauge({
    name: "billing_exchange_rate_age_seconds",
    help: "Age of the newest rates of each enabled provider, counted from when they were published",
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const { providerId, enabled } of live.state.providers.inOrder()) {
        const last = live.state.publications.last(providerId);
        if (enabled && last !== undefined)
          this.set({ provider: providerId }, Math.max(0, now() - last.publishedAtMs) / 1_000);
      }
    },
  });
  new Gauge({
    name: "billing_exchange_held_rates",
    help: "Rates of each provider that wait for review",
    labelNames,
    registers,
    collect() {
      for (const { providerId } of live.state.providers.inOrder())
        this.set({ provider: providerId }, live.state.publications.waitingCount(providerId));
    },
  });
  const refreshes = new Counter({
    name: "billing_exchange_refreshes_total",
    help: "Refreshes of each provider, by what came of them and the error reason",
    labelNames: ["provider", "outcome", "reason"] as const,
    registers,
  });
  return {
    countRefresh: ({ providerId, outcome, error }) =>
      refreshes.inc({ provider: providerId, outcome, reason: error?.reason ?? "" }),
  };
}
