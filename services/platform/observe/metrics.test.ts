import assert from "node:assert/strict";
import { test } from "node:test";
import { createMetrics } from "./metrics.ts";

const lines = async (metrics: ReturnType<typeof createMetrics>, name: string): Promise<string[]> =>
  (await metrics.registry.metrics()).split("\n").filter((line) => line.startsWith(`billing_rpc_${name}`));

test("calls are counted by method, status and reason, and reading takes nothing away", async () => {
  const metrics = createMetrics("testing");
  metrics.recordCall("S/A", "ok", "", 0.001);
  metrics.recordCall("S/A", "ok", "", 0.001);
  assert.deepEqual(await lines(metrics, "requests_total"), [
    'billing_rpc_requests_total{method="S/A",code="ok",reason="",service="testing"} 2',
  ]);
  metrics.recordCall("S/A", "ok", "", 0.001);
  metrics.recordCall("S/B", "not_found", "ACCOUNT_NOT_FOUND", 0.001);
  assert.deepEqual(await lines(metrics, "requests_total"), [
    'billing_rpc_requests_total{method="S/A",code="ok",reason="",service="testing"} 3',
    'billing_rpc_requests_total{method="S/B",code="not_found",reason="ACCOUNT_NOT_FOUND",service="testing"} 1',
  ]);
});

test("durations fall into cumulative buckets, with sum and count", async () => {
  const metrics = createMetrics("testing");
  for (const seconds of [0.0005, 0.0006, 2, 11]) metrics.recordCall("S/A", "ok", "", seconds);
  const values = new Map(
    (await lines(metrics, "duration_seconds")).map((line) => {
      const le = /le="([^"]+)"/.exec(line)?.[1] ?? line.slice(0, line.indexOf("{"));
      return [le, Number(line.slice(line.lastIndexOf(" ")))];
    }),
  );
  assert.deepEqual(
    [...values].filter(([le]) => ["0.0005", "0.001", "1", "2.5", "10", "+Inf"].includes(le)),
    [
      ["0.0005", 1],
      ["0.001", 2],
      ["1", 2],
      ["2.5", 3],
      ["10", 3],
      ["+Inf", 4],
    ],
  );
  assert.equal(values.get("billing_rpc_duration_seconds_count"), 4);
  assert.ok(Math.abs((values.get("billing_rpc_duration_seconds_sum") ?? 0) - 13.0011) < 1e-9);
});

test("calls under way go up and down", async () => {
  const metrics = createMetrics("testing");
  metrics.countInFlight(1);
  metrics.countInFlight(1);
  metrics.countInFlight(-1);
  assert.deepEqual(await lines(metrics, "in_flight"), ['billing_rpc_in_flight{service="testing"} 1']);
});
