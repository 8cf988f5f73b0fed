import { create } from "@bufbuild/protobuf";
import { durationMs, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { ErrorReason } from "#gen/billing/monitoring/v1/error_reason_pb.ts";
import type { MetricQuery as QueryMessage } from "#gen/billing/monitoring/v1/metric_pb.ts";
import { MetricHeartbeatSchema } from "#gen/billing/monitoring/v1/metric_rpc_pb.ts";
import type { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { type Clock, pause } from "#platform/clock/clock.ts";
import { pageOf } from "#platform/paging/page.ts";
import type { PageTokens } from "#platform/paging/page-token.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import { questionOf } from "../../domain/alerts/figure-reader.ts";
import type { MetricCatalogue } from "../../domain/metrics/metric-catalogue.ts";
import type { MetricFactsReader } from "../../domain/metrics/metric-facts.ts";
import type { MetricRange, MetricResult, MetricsReader } from "../../domain/metrics/metrics-reader.ts";
import { planRange, tooLarge } from "../../domain/metrics/query-range.ts";
import { toSeriesChange } from "../../domain/metrics/record-samples.ts";
import type { Recorder } from "../../domain/metrics/recorder.ts";
import type { SeriesChange } from "../../domain/metrics/shard-writer.ts";
import { MonitoringError } from "../../domain/monitoring-error.ts";
import { readMetricQuery } from "../alerting/metric-query-messages.ts";
import { metricMessage, readSample, resultMessage, typeNumbers } from "./metric-messages.ts";
import { changedResult } from "./result-changes.ts";

/** What the handlers of metrics stand on. */
export interface MetricsParts {
  readonly catalogue: MetricCatalogue;
  readonly reader: MetricsReader;
  readonly recorder: Recorder;
  readonly facts: MetricFactsReader;
  readonly pageTokens: PageTokens;
  readonly clock: Clock;
}

const mostPointsInAll = 100_000;
const defaultWatchRangeMs = 3_600_000;
const defaultWatchIntervalMs = 5_000;

/** RecordMetrics, QueryMetrics, ListMetrics and WatchMetrics. */
export function metricsHandlers(parts: MetricsParts) {
  const { catalogue, recorder, facts, pageTokens, clock } = parts;
  return {
    async recordMetrics({ service, instanceId, sequence, samples }) {
      const changes: SeriesChange[] = [];
      const rejected: Array<{ index: number; reason: ErrorReason; message: string }> = [];
      samples.forEach((sample, index) => {
        try {
          changes.push(toSeriesChange(readSample(sample), catalogue, clock.nowMs()));
        } catch (error) {
          if (!(error instanceof MonitoringError)) throw error;
          rejected.push({ index, reason: ErrorReason[error.reason], message: error.message });
        }
      });
      const origin = { service, instanceId, sequence };
      const { duplicate, droppedCount } = await recorder.record({ origin, changes, writes: [] });
      if (duplicate) return { duplicate };
      return { acceptedCount: changes.length - droppedCount, droppedCount, rejected };
    },

    async queryMetrics({ accountId, queries, startTime, endTime, step }) {
      const range = planRange(
        {
          startMs: startTime && timestampMs(startTime),
          endMs: endTime && timestampMs(endTime),
          stepMs: step && durationMs(step),
        },
        clock.nowMs(),
      );
      const asOf = timestampFromMs(clock.nowMs());
      return { results: (await answer(parts, queries, range, accountId)).map(resultMessage), asOf };
    },

    async listMetrics({ namePrefix, type, perAccountOnly, pageSize, pageToken }) {
      const metrics = catalogue
        .inOrder()
        .filter(
          (each) =>
            each.name.startsWith(namePrefix) &&
            (type === 0 || typeNumbers[each.type] === type) &&
            (!perAccountOnly || each.perAccount),
        );
      const filters = ["metrics", namePrefix, type, perAccountOnly];
      const page = pageOf(pageTokens, metrics, ({ name }) => name, { pageSize, pageToken }, filters);
      const messages = await Promise.all(
        page.items.map(async (definition) => metricMessage(definition, await facts.read(definition))),
      );
      return { metrics: messages, nextPageToken: page.nextPageToken };
    },

    async *watchMetrics({ accountId, queries, range, step, interval }, { signal }) {
      const rangeMs = range === undefined ? defaultWatchRangeMs : durationMs(range);
      const intervalMs = interval === undefined ? defaultWatchIntervalMs : durationMs(interval);
      const read = async () => {
        const nowMs = clock.nowMs();
        const asked = { startMs: nowMs - rangeMs, endMs: nowMs, stepMs: step && durationMs(step) };
        return { nowMs, results: await answer(parts, queries, planRange(asked, nowMs), accountId) };
      };
      let last = await read();
      yield {
        asOf: timestampFromMs(last.nowMs),
        event: { case: "snapshot" as const, value: { results: last.results.map(resultMessage) } },
      };
      for (;;) {
        await pause(clock, intervalMs, signal);
        if (signal.aborted) return;
        const next = await read();
        const results = next.results.flatMap((result, queryIndex) => {
          const changed = changedResult(last.results[queryIndex]!, result);
          return changed === undefined ? [] : [{ queryIndex, result: resultMessage(changed) }];
        });
        last = next;
        const asOf = timestampFromMs(next.nowMs);
        if (results.length > 0) yield { asOf, event: { case: "change" as const, value: { results } } };
        else yield { asOf, event: { case: "heartbeat" as const, value: create(MetricHeartbeatSchema) } };
      }
    },
  } satisfies ServiceHandlers<typeof MonitoringService>;
}

async function answer(
  { reader }: MetricsParts,
  messages: readonly QueryMessage[],
  range: MetricRange,
  accountId: string,
): Promise<MetricResult[]> {
  const account = accountId === "" ? undefined : accountId;
  const queries = messages.map((message) =>
    reader.plan(questionOf(readMetricQuery(message)), range.stepMs, account),
  );
  const results = await Promise.all(queries.map((query) => reader.query(query, range, account)));
  const points = results.reduce(
    (sum, { series }) => sum + series.reduce((all, { values }) => all + values.length, 0),
    0,
  );
  if (points > mostPointsInAll) throw tooLarge(points, mostPointsInAll);
  return results;
}
