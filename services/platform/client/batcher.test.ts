import assert from "node:assert/strict";
import { test } from "node:test";
import { createBatcher } from "./batcher.ts";

const overloaded = () => new Error("overloaded");

test("calls of one turn of the event loop travel as one batch and get their own results", async () => {
  const batches: number[][] = [];
  const double = createBatcher<number, number>({
    maxItems: 100,
    maxPending: 1_000,
    overloaded,
    run: async (items) => {
      batches.push([...items]);
      return items.map((item) => item * 2);
    },
  });
  assert.deepEqual(await Promise.all([1, 2, 3].map(double)), [2, 4, 6]);
  assert.deepEqual(batches, [[1, 2, 3]]);
});

test("more calls than fit are split, in order", async () => {
  const sizes: number[] = [];
  const same = createBatcher<number, number>({
    maxItems: 4,
    maxPending: 1_000,
    overloaded,
    run: async (items) => {
      sizes.push(items.length);
      return items;
    },
  });
  const items = Array.from({ length: 10 }, (_, index) => index);
  assert.deepEqual(await Promise.all(items.map(same)), items);
  assert.deepEqual(sizes, [4, 4, 2]);
});

test("a failed batch fails each of its calls and the next batch works", async () => {
  let fail = true;
  const call = createBatcher<number, number>({
    maxItems: 10,
    maxPending: 10,
    overloaded,
    run: async (items) => {
      if (fail) throw new Error("down");
      return items;
    },
  });
  const outcomes = await Promise.allSettled([call(1), call(2)]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ["rejected", "rejected"],
  );
  fail = false;
  assert.equal(await call(3), 3);
});

test("a batch that returns another number of results is refused", async () => {
  const call = createBatcher<number, number>({
    maxItems: 10,
    maxPending: 10,
    overloaded,
    run: async () => [],
  });
  await assert.rejects(call(1), /came back with 0 results/);
});

test("beyond the bound a call is refused at once, and accepted again after", async () => {
  const call = createBatcher<number, number>({
    maxItems: 10,
    maxPending: 2,
    overloaded,
    run: async (items) => items,
  });
  const first = [call(1), call(2)];
  await assert.rejects(call(3), /overloaded/);
  await Promise.all(first);
  assert.equal(await call(4), 4);
});
