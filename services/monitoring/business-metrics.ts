import { Counter, Gauge } from "@prometheus-io/client";
import type { Metrics } from "#platform/observe/metrics.ts";
import { createLatestValue } from "#platform/polling/latest-value.ts";
import type { Intake } from "./domain/intake/intake.ts";
import { ledgerCounters, ledgerLevels } from "./domain/metrics/definitions/ledger-metrics.ts";
import { type Figure, formatFigure } from "./domain/metrics/figure.ts";
import { decodeLabels } from "./domain/metrics/metric-definition.ts";

/** Several scrapes at a time share one reading. */
const freshMs = 1_000;

/**
 * The ledger's counters and levels on Monitoring's own /metrics, the same from every instance. Prometheus keeps
 * floats: what is exact stands in QueryMetrics.
 */
export function exposeBusiness({ registry }: Metrics, intake: Pick<Intake, "levels" | "totals">): void {
  const registers = [registry];
  const totals = createLatestValue({ read: () => intake.totals(), freshMs });
  const levels = createLatestValue({ read: () => intake.levels(), freshMs });
  for (const definition of Object.values(ledgerCounters)) {
    const prefix = `${definition.name} `;
    new Counter({
      name: definition.name,
      help: definition.description,
      labelNames: Object.keys(definition.labels),
      registers,
      async collect() {
        this.reset();
        for (const [series, total] of await totals.get()) {
          if (series.startsWith(prefix))
            this.inc({ ...decodeLabels(definition, series.slice(prefix.length)) }, toFloat(total));
        }
      },
    });
  }
  for (const [level, definition] of Object.entries(ledgerLevels)) {
    new Gauge({
      name: definition.name,
      help: definition.description,
      labelNames: ["currency"],
      registers,
      async collect() {
        this.reset();
        for (const [currency, own] of await levels.get())
          this.set({ currency }, toFloat(own.get(level as keyof typeof ledgerLevels) ?? 0n));
      },
    });
  }
}

function toFloat(figure: Figure): number {
  return Number(formatFigure(figure));
}
