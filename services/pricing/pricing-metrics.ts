import { Gauge } from "@prometheus-io/client";
import type { Metrics } from "#platform/observe/metrics.ts";
import type { LiveCatalogue } from "./domain/catalogue/live-catalogue.ts";
import { nextSyncAtMs, type SourceStatus } from "./domain/feeds/source-reader.ts";
import type { SourceStatusStore } from "./store/source-status-store.ts";

/** Metrics of prices: how old what each source gave is, read when it is asked for. */
export function createPricingMetrics(
  { registry }: Pick<Metrics, "registry">,
  catalogue: Pick<LiveCatalogue, "state" | "now">,
  statuses: Pick<SourceStatusStore<SourceStatus>, "read">,
): void {
  new Gauge({
    name: "billing_pricing_source_age_seconds",
    help: "Time since each price source with a schedule was read successfully; absent before the first time",
    labelNames: ["source"] as const,
    registers: [registry],
    async collect() {
      this.reset();
      for (const { record } of catalogue.state.sources) {
        const status = await statuses.read(record.sourceId);
        const lastSuccessAtMs = status?.lastSuccessAtMs;
        // A list that nobody reads by itself is as old as its owner wants it.
        if (lastSuccessAtMs !== undefined && nextSyncAtMs(record, status) !== undefined)
          this.set({ source: record.sourceId }, Math.max(0, catalogue.now() - lastSuccessAtMs) / 1_000);
      }
    },
  });
}
