import assert from "node:assert/strict";
import { test } from "node:test";
import { createMetrics } from "#platform/observe/metrics.ts";
import { createPricingMetrics } from "./pricing-metrics.ts";

const nowMs = 10_000_000;

/** A source that is read every hour, as far as its age needs it. */
function source(sourceId: string, settings: object) {
  const location = { kind: "url", url: "https://prices.example" };
  return {
    record: { sourceId, settings: { syncIntervalMs: 3_600_000, disabled: false, location, ...settings } },
  };
}

test("each source with a schedule has the age of its last success", async () => {
  const metrics = createMetrics("pricing");
  const sources = [
    source("litellm", {}),
    source("never-read", {}),
    source("switched-off", { disabled: true }),
    source("by-hand", { syncIntervalMs: undefined }),
  ];
  const catalogue = { state: { sources }, now: () => nowMs };
  const statuses = {
    read: async (sourceId: string) =>
      sourceId === "never-read"
        ? { lastAttemptAtMs: 1, consecutiveFailures: 3 }
        : { lastAttemptAtMs: 1, consecutiveFailures: 0, lastSuccessAtMs: nowMs - 90_000 },
  };
  createPricingMetrics(metrics, catalogue as never, statuses as never);
  const page = await metrics.registry.metrics();
  const lines = page.split("\n").filter((line) => line.startsWith("billing_pricing_source_age_seconds{"));
  assert.deepEqual(lines, ['billing_pricing_source_age_seconds{source="litellm",service="pricing"} 90']);
});
