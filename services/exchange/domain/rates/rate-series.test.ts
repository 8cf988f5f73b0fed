import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RateSeries } from "./rate-series.ts";

test("whatever the order of arrival, the last one at a time or before is found, and the later addition wins", () => {
  const additions = fc.array(fc.record({ publishedAtMs: fc.nat({ max: 20 }), digits: fc.nat().map(String) }));
  fc.assert(
    fc.property(additions, fc.integer({ min: -1, max: 21 }), (rates, atMs) => {
      const series = new RateSeries("ecb", "EUR", "USD");
      for (const rate of rates) series.put({ ...rate, fetchedAtMs: 0, bundled: false });
      const newestMs = Math.max(...rates.map((rate) => rate.publishedAtMs).filter((time) => time <= atMs));
      const expected = rates.findLast(({ publishedAtMs }) => publishedAtMs === newestMs);
      assert.equal(series.lastAt(atMs)?.digits, expected?.digits);
    }),
  );
});
