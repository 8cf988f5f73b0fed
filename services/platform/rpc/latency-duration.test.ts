import assert from "node:assert/strict";
import { test } from "node:test";
import { latencyDuration } from "./latency-duration.ts";

const cases: Array<[latencyMs: number, seconds: bigint, nanos: number]> = [
  [0, 0n, 0],
  [0.0004, 0n, 0],
  [1.2345678, 0n, 1_235_000],
  [999.9999, 1n, 0],
  [1_500, 1n, 500_000_000],
  [3_600_000.25, 3_600n, 250_000],
];

for (const [latencyMs, seconds, nanos] of cases) {
  test(`${latencyMs} ms is ${seconds} s and ${nanos} ns`, () => {
    const duration = latencyDuration(latencyMs);
    assert.deepEqual([duration.seconds, duration.nanos], [seconds, nanos]);
  });
}
