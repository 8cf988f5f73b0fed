/** Metrics of their own on a Redis of the test file. */

import { randomUUID } from "node:crypto";
import { createFakeClock } from "#platform/testing/fake-clock.ts";
import { redis } from "#platform/testing/shared-redis.ts";
import { SeriesStore } from "../../../store/series-store.ts";
import { MetricCatalogue } from "../metric-catalogue.ts";
import { encodeLabels, type MetricDefinition } from "../metric-definition.ts";
import type { MetricQuestion } from "../metric-question.ts";
import { MetricsReader } from "../metrics-reader.ts";
import type { MetricType, PointTypes } from "../point.ts";
import { pointsPerChunk } from "../resolution.ts";
import { createStoredSeries } from "../stored-series.ts";

export const minuteMs = 60_000;
export const dayMs = 86_400_000;
/** Today, since Redis drops by its own clock what is older than it is kept. */
export const dayStartMs = Math.floor(Date.now() / dayMs) * dayMs;

const question: MetricQuestion = {
  metric: "",
  matchers: [],
  function: undefined,
  quantile: undefined,
  windowMs: undefined,
  groupBy: [],
  aggregation: undefined,
  maxSeries: undefined,
};

/** A metric of its own, and what reads it at a time that the test sets. */
export function createLab<T extends MetricType>(type: T, origin: "records" | "events" = "records") {
  const definition = {
    name: `m_${randomUUID().replaceAll("-", "")}`,
    type,
    unit: "",
    description: "",
    labels: { colour: ["red", "green"], place: "name" },
    perAccount: true,
    source: "test",
    origin,
  } as const satisfies MetricDefinition;
  const clock = createFakeClock(dayStartMs + 12 * 3_600_000);
  const reader = new MetricsReader(
    new MetricCatalogue([definition]),
    createStoredSeries(new SeriesStore(redis, pointsPerChunk)),
    clock,
  );
  const change = (
    labels: Record<string, string>,
    atMs: number,
    point: PointTypes[T],
    accountId?: string,
  ) => ({
    definition,
    labels: encodeLabels(definition, labels),
    accountId,
    atMs,
    point: point as PointTypes[MetricType],
  });
  const ask = (fields: Partial<MetricQuestion>, accountId?: string) =>
    reader.plan({ ...question, metric: definition.name, ...fields }, minuteMs, accountId);
  return { definition, clock, reader, change, ask };
}

export const red = { colour: "red", place: "a" };
export const green = { colour: "green", place: "a" };
