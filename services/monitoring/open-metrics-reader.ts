import { type Clock, systemClock } from "#platform/clock/clock.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { metricCatalogue } from "./domain/metrics/definitions/catalogue.ts";
import { MetricsReader } from "./domain/metrics/metrics-reader.ts";
import { pointsPerChunk } from "./domain/metrics/resolution.ts";
import { createStoredSeries } from "./domain/metrics/stored-series.ts";
import { SeriesStore } from "./store/series-store.ts";

/** The recorded series and the reader of them, for queries, the overview and alert rules alike. */
export function openMetricsReader(redis: Redis, clock: Clock = systemClock) {
  const series = createStoredSeries(new SeriesStore(redis, pointsPerChunk));
  return { series, reader: new MetricsReader(metricCatalogue, series, clock) };
}

/** What {@link openMetricsReader} opens. */
export type RecordedSeries = ReturnType<typeof openMetricsReader>;
