import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Client, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ErrorReason, ErrorReasonSchema } from "#gen/billing/monitoring/v1/error_reason_pb.ts";
import { MatchOperator } from "#gen/billing/monitoring/v1/matcher_pb.ts";
import { MetricFunction, type MetricQuery } from "#gen/billing/monitoring/v1/metric_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { systemClock } from "#platform/clock/clock.ts";
import { createPageTokens } from "#platform/paging/page-token.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { startTestService, testToken } from "#platform/testing/service.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { metricCatalogue } from "../../domain/metrics/definitions/catalogue.ts";
import { MetricFactsReader } from "../../domain/metrics/metric-facts.ts";
import { MetricsReader } from "../../domain/metrics/metrics-reader.ts";
import { Recorder } from "../../domain/metrics/recorder.ts";
import { pointsPerChunk } from "../../domain/metrics/resolution.ts";
import { createStoredSeries } from "../../domain/metrics/stored-series.ts";
import { SeriesStore } from "../../store/series-store.ts";
import { monitoringRoutes } from "../monitoring-routes.ts";
import { resourceOwners } from "../resource-owners.ts";
import { metricsHandlers } from "./metrics-handlers.ts";

const violations = "billing_invariant_violations_total";

let server: TestRedis;
let redis: Redis;
let service: Awaited<ReturnType<typeof startTestService>>;
let client: Client<typeof MonitoringService>;

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url, { onError: () => {} });
  const source = createStoredSeries(new SeriesStore(redis, pointsPerChunk));
  const handlers = metricsHandlers({
    catalogue: metricCatalogue,
    reader: new MetricsReader(metricCatalogue, source, systemClock),
    recorder: new Recorder(redis),
    facts: new MetricFactsReader(source, Date.now),
    pageTokens: createPageTokens(Buffer.alloc(32, 1)),
    clock: systemClock,
  });
  service = await startTestService({
    redis,
    routes: [monitoringRoutes({ system: { get: () => Promise.reject(new Error("none here")) } }, handlers)],
    reasons: [ErrorReasonSchema],
    owners: resourceOwners({ get: async () => undefined }),
  });
  const token = await testToken({ scopes: ["monitoring.read", "monitoring.write"] });
  const transport = createGrpcTransport({
    baseUrl: service.baseUrl,
    interceptors: [
      (next) => (request) => {
        request.header.set("authorization", `Bearer ${token}`);
        return next(request);
      },
    ],
  });
  client = createClient(MonitoringService, transport);
});
after(async () => {
  await service?.drain();
  await redis?.close();
  await server?.stop();
});

/** Records growth of a counter for an invariant that only one test uses. */
function record(invariant: string, increase: string, sequence = 1n, instanceId: string = randomUUID()) {
  const labels = { service: "core", invariant };
  return client.recordMetrics({
    service: "core",
    instanceId,
    sequence,
    samples: [{ metric: violations, labels, value: { case: "counterIncrease", value: increase } }],
  });
}

function sumOf(invariant: string) {
  return {
    metric: violations,
    function: MetricFunction.SUM,
    matchers: [{ label: "invariant", operator: MatchOperator.EQUAL, value: invariant }],
  } satisfies Partial<MetricQuery> | object;
}

async function totalOf(invariant: string): Promise<string[]> {
  const { results } = await client.queryMetrics({
    queries: [sumOf(invariant)],
    step: durationFromMs(3_600_000),
  });
  return (results[0]?.series[0]?.values ?? []).filter((value) => value !== "");
}

async function reasonOf(call: Promise<unknown>): Promise<string> {
  const error = ConnectError.from(
    await call.then(
      () => undefined,
      (thrown: unknown) => thrown,
    ),
  );
  return error.findDetails(ErrorInfoSchema)[0]?.reason ?? error.message;
}

describe("RecordMetrics", () => {
  test("counts a repeated request once, and the next one too", async () => {
    const instanceId = randomUUID();
    assert.equal((await record("repeat", "1.5", 1n, instanceId)).acceptedCount, 1);
    assert.equal((await record("repeat", "1.5", 1n, instanceId)).duplicate, true);
    await record("repeat", "2", 2n, instanceId);
    const total = (await totalOf("repeat")).reduce((sum, value) => sum + Number(value), 0);
    assert.equal(total, 3.5);
  });

  test("lists what it cannot take, and counts the others", async () => {
    const value = { case: "counterIncrease", value: "1" } as const;
    const labels = { service: "core", invariant: "mixed" };
    const histogram = { count: 2n, sum: "1", bucketCounts: [1n] };
    const duration = { metric: "billing_rpc_duration_seconds", labels: { service: "core", method: "A" } };
    const { acceptedCount, rejected } = await client.recordMetrics({
      service: "core",
      instanceId: randomUUID(),
      sequence: 1n,
      samples: [
        { metric: "nothing", value },
        { metric: violations, labels, value },
        { metric: violations, labels: { ...labels, service: "nobody" }, value },
        { metric: violations, labels, value: { case: "gaugeValue", value: "1" } },
        { metric: violations, labels, value, at: timestampFromMs(Date.now() - 700_000) },
        { ...duration, value: { case: "histogram", value: histogram } },
        { metric: "billing_spent_total", labels: { currency: "USD", kind: "purchased" }, value },
      ],
    });
    assert.equal(acceptedCount, 1);
    assert.deepEqual(
      rejected.map(({ index, reason }) => [index, reason]),
      [
        [0, ErrorReason.METRIC_NOT_FOUND],
        [2, ErrorReason.LABEL_NOT_ALLOWED],
        [3, ErrorReason.METRIC_TYPE_MISMATCH],
        [4, ErrorReason.SAMPLE_OUT_OF_TIME],
        [5, ErrorReason.SAMPLE_INVALID],
        [6, ErrorReason.METRIC_NOT_FOUND],
      ],
    );
  });
});

describe("QueryMetrics", () => {
  test("fills in the defaults and says how it answered", async () => {
    await record("defaults", "6");
    const { results } = await client.queryMetrics({ queries: [{ ...sumOf("defaults"), function: 0 }] });
    const [result] = results;
    assert.equal(result?.query?.function, MetricFunction.RATE);
    assert.equal(result.step?.seconds, 60n);
    assert.equal(result.lastPointOpen, true);
    assert.equal(result.series.length, 1);
  });

  const nowMs = Date.now();
  for (const [reason, request] of [
    ["METRIC_NOT_FOUND", { queries: [{ metric: "nothing" }] }],
    ["PER_ACCOUNT_NOT_KEPT", { accountId: "acct", queries: [{ metric: violations }] }],
    ["REQUEST_INVALID", { queries: [{ metric: violations }], startTime: timestampFromMs(nowMs + 1_000_000) }],
    ["REQUEST_INVALID", { queries: [{ metric: violations }], step: durationFromMs(61_000) }],
    [
      "QUERY_TOO_LARGE",
      {
        queries: [{ metric: violations }],
        startTime: timestampFromMs(nowMs - 40 * 3_600_000),
        step: durationFromMs(60_000),
      },
    ],
    [
      "RANGE_NOT_RETAINED",
      {
        queries: [{ metric: violations }],
        startTime: timestampFromMs(nowMs - 72 * 3_600_000),
        endTime: timestampFromMs(nowMs - 71 * 3_600_000),
        step: durationFromMs(60_000),
      },
    ],
  ] as const) {
    test(`${reason}`, async () =>
      assert.equal(await reasonOf(client.queryMetrics(request as object)), reason));
  }
});

test("ListMetrics pages through all, and shows the values of labels", async () => {
  await record("listed", "1");
  const names: string[] = [];
  let pageToken = "";
  do {
    const page = await client.listMetrics({ pageSize: 7, pageToken });
    names.push(...page.metrics.map(({ name }) => name));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  assert.deepEqual(
    names,
    metricCatalogue.inOrder().map(({ name }) => name),
  );
  const { metrics } = await client.listMetrics({ namePrefix: violations });
  const [services, invariants] = metrics[0]!.labels;
  assert.equal(services?.values.length, 5);
  assert.ok(invariants?.values.includes("listed"));
  assert.ok(Date.now() - Number(metrics[0]!.lastValueAt!.seconds) * 1_000 < 120_000);
});

test("WatchMetrics gives a snapshot, then what changes", async () => {
  await record("watched", "1");
  const stream = client.watchMetrics({ queries: [sumOf("watched")], interval: durationFromMs(1_000) });
  const seen: string[] = [];
  for await (const { event } of stream) {
    if (event.case === "snapshot") {
      assert.equal(
        event.value.results[0]?.series[0]?.values.findLast((value) => value !== ""),
        "1",
      );
      await record("watched", "41");
    }
    if (event.case === "change") {
      const values = event.value.results.flatMap(({ result }) => result!.series[0]!.values);
      assert.ok(values.includes("42") || values.includes("41"), String(values));
    }
    seen.push(event.case ?? "");
    if (seen.includes("change")) break;
  }
  assert.equal(seen[0], "snapshot");
});
