import { Counter } from "@prometheus-io/client";
import type { Clock } from "#platform/clock/clock.ts";
import type { Logger } from "#platform/observe/log.ts";
import type { Metrics } from "#platform/observe/metrics.ts";
import { droppedSamples } from "./domain/metrics/definitions/own-counters.ts";
import { mostSeriesPerMetric } from "./domain/metrics/metric-definition.ts";
import type { DroppedListener } from "./domain/metrics/shard-writer.ts";

const loggedEveryMs = 600_000;

/** Counts samples that are in no series, and says so in the log once in ten minutes for each metric. */
export function countDroppedSamples(
  { registry }: Metrics,
  log: Pick<Logger, "warn">,
  clock: Pick<Clock, "monotonicMs">,
): DroppedListener {
  const counter = new Counter({
    name: droppedSamples.name,
    help: droppedSamples.description,
    labelNames: ["metric"],
    registers: [registry],
  });
  const logged = new Map<string, number>();
  return (metric, count) => {
    counter.inc({ metric }, count);
    const nowMs = clock.monotonicMs();
    if (nowMs - (logged.get(metric) ?? Number.NEGATIVE_INFINITY) < loggedEveryMs) return;
    logged.set(metric, nowMs);
    log.warn(
      { metric, mostSeries: mostSeriesPerMetric },
      "samples are refused: their metric has too many series",
    );
  };
}
