import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { backoffMs } from "./backoff.ts";

const bounds = { firstMs: 1_000, maxMs: 3_600_000 };

const cases: ReadonlyArray<[failures: number, random: number, waitMs: number]> = [
  [1, 0, 1_000],
  [1, 0.5, 750],
  [1, 1, 500],
  [2, 0, 2_000],
  [5, 1, 8_000],
  [12, 0, 2_048_000],
  [13, 0, 3_600_000],
  [1_000_000, 1, 1_800_000],
];
for (const [failures, random, waitMs] of cases) {
  test(`after ${failures} failures and with ${random} drawn the wait is ${waitMs} ms`, () => {
    assert.equal(backoffMs(failures, bounds, random), waitMs);
  });
}

test("the wait lies between half of the doubled one and all of it, and never falls with further failures", () => {
  const anyBounds = fc.record({
    firstMs: fc.integer({ min: 1, max: 60_000 }),
    maxMs: fc.integer({ min: 1, max: 10 ** 8 }),
  });
  const anyRandom = fc.double({ min: 0, max: 0.999, noNaN: true });
  fc.assert(
    fc.property(anyBounds, fc.integer({ min: 1, max: 5_000 }), anyRandom, (limits, failures, random) => {
      const fullMs = Math.min(limits.maxMs, limits.firstMs * 2 ** Math.min(failures - 1, 31));
      const waitMs = backoffMs(failures, limits, random);
      assert.ok(waitMs >= fullMs / 2 && waitMs <= fullMs);
      assert.ok(backoffMs(failures + 1, limits, random) >= waitMs);
      const drawnMs = backoffMs(failures, limits);
      assert.ok(drawnMs >= fullMs / 2 && drawnMs <= fullMs);
    }),
  );
});
