import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { eventually } from "../testing/eventually.ts";
import { createLatestValue } from "./latest-value.ts";

/** Readings that end when the test says so. */
function controlledReadings() {
  const open: Array<PromiseWithResolvers<number>> = [];
  let begun = 0;
  return {
    begun: () => begun,
    read: () => {
      begun++;
      const reading = Promise.withResolvers<number>();
      open.push(reading);
      return reading.promise;
    },
    end: (value: number) => open.shift()?.resolve(value),
    fail: (message: string) => open.shift()?.reject(new Error(message)),
  };
}

describe("a latest value", () => {
  test("is read once for all who ask meanwhile", async () => {
    const readings = controlledReadings();
    const value = createLatestValue({ read: readings.read, freshMs: 60_000 });
    const asked = [value.get(), value.get(), value.get()];
    await eventually(() => assert.equal(readings.begun(), 1));
    readings.end(7);
    assert.deepEqual(await Promise.all(asked), [7, 7, 7]);
    assert.equal(readings.begun(), 1);
  });

  test("is given again while fresh and read anew afterwards", async () => {
    let count = 0;
    const fresh = createLatestValue({ read: async () => ++count, freshMs: 60_000 });
    assert.deepEqual([await fresh.get(), await fresh.get()], [1, 1]);
    const stale = createLatestValue({ read: async () => ++count, freshMs: -1 });
    assert.deepEqual([await stale.get(), await stale.get()], [2, 3]);
    assert.equal(stale.peek(), 3);
  });

  test("passes a failure on to all who wait and does not keep it", async () => {
    const readings = controlledReadings();
    const value = createLatestValue({ read: readings.read, freshMs: 60_000 });
    const asked = Promise.allSettled([value.get(), value.get()]);
    await eventually(() => assert.equal(readings.begun(), 1));
    readings.fail("broken");
    assert.deepEqual(
      (await asked).map(({ status }) => status),
      ["rejected", "rejected"],
    );
    assert.equal(value.peek(), undefined);
    const next = value.get();
    await eventually(() => assert.equal(readings.begun(), 2));
    readings.end(1);
    assert.equal(await next, 1);
  });

  test("is read in the background without overlap, also after a failure, until stopped", async () => {
    const readings = controlledReadings();
    const value = createLatestValue({ read: readings.read, freshMs: 60_000 });
    const pausedAfter: Array<number | undefined> = [];
    value.keepReading((last) => {
      pausedAfter.push(last);
      return 1;
    });
    assert.equal(readings.begun(), 1);
    readings.fail("broken");
    await eventually(() => assert.equal(readings.begun(), 2));
    readings.end(2);
    await eventually(() => assert.equal(readings.begun(), 3));
    assert.equal(value.peek(), 2);
    const stopped = value.stop();
    readings.end(3);
    await stopped;
    assert.equal(value.peek(), 3);
    assert.equal(readings.begun(), 3);
    assert.deepEqual(pausedAfter, [undefined, 2]);
  });
});
