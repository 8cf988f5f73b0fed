import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { backoffMs } from "./backoff.ts";

const policy = { baseMs: 1_000, maxMs: 3_600_000 };

const cases: ReadonlyArray<[attempt: number, random: number, waitMs: number]> = [
  [1, 0, 500],
  [1, 0.5, 750],
  [2, 0, 1_000],
  [5, 0, 8_000],
  [12, 0.999_999_9, 2_048_000],
  [13, 0, 1_800_000],
  [1_000_000, 0, 1_800_000],
];
for (const [attempt, random, waitMs] of cases) {
  test(`after attempt ${attempt} with ${random} a message waits ${waitMs} ms`, () => {
    assert.equal(backoffMs(attempt, policy, random), waitMs);
  });
}

test("the wait never exceeds the longest, and never falls with further attempts", () => {
  const bounds = fc.record({
    baseMs: fc.integer({ min: 1, max: 60_000 }),
    maxMs: fc.integer({ min: 1, max: 10 ** 8 }),
  });
  const random = fc.double({ min: 0, max: 0.999, noNaN: true });
  fc.assert(
    fc.property(bounds, fc.integer({ min: 1, max: 5_000 }), random, (limits, attempt, chance) => {
      const waitMs = backoffMs(attempt, limits, chance);
      assert.ok(waitMs >= 0 && waitMs <= limits.maxMs);
      assert.ok(backoffMs(attempt + 1, limits, chance) >= waitMs);
    }),
  );
});
