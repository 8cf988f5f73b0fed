import assert from "node:assert/strict";
import { test } from "node:test";
import { CallBatches } from "./call-batches.ts";

/** A way to Redis whose calls wait until the test answers them; in a cluster by the tag of the key. */
function heldCaller(isCluster = false) {
  const calls: { name: string; tag: string; operations: number; answer(): void }[] = [];
  const caller = {
    callFunction: <T>(name: string, keys: readonly string[]) =>
      new Promise<T>((resolve) => {
        const replies = keys.map(() => "1");
        calls.push({ name, tag: keys[0]!, operations: keys.length, answer: () => resolve(replies as T) });
      }),
  };
  const batches = new CallBatches({ groupOf: (key) => (isCluster ? key : "") }, caller);
  const charge = (key = "{a}") => batches.call("debit", { name: "charge", keys: [key], args: [] });
  const release = () => batches.call("settle", { name: "release", keys: ["{a}"], args: [] });
  return { calls, charge, release };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("what comes while two groups are under way gathers, and goes when one of them is back", async ({
  mock,
}) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { calls, charge, release } = heldCaller();
  const made: Promise<unknown>[] = [];
  for (const count of [1, 2]) {
    for (let index = 0; index < count; index++) made.push(charge());
    await turn();
  }
  for (const call of [charge, release, charge, release]) {
    made.push(call());
    await turn();
  }
  assert.deepEqual(
    calls.map(({ name, operations }) => [name, operations]),
    [
      ["ledger1_charge", 1],
      ["ledger1_debit_batch", 2],
    ],
  );
  calls[1]!.answer();
  await turn();
  assert.deepEqual(
    calls.slice(2).map(({ name, operations }) => [name, operations]),
    [
      ["ledger1_debit_batch", 2],
      ["ledger1_settle_batch", 2],
    ],
  );
  for (const { answer } of calls) answer();
  assert.equal((await Promise.all(made)).length, 7);
});

test("a server that answers nothing holds up neither later calls nor those to others", async ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { calls, charge } = heldCaller(true);
  for (let count = 0; count < 3; count++) {
    void charge("{a}");
    await turn();
  }
  void charge("{b}");
  await turn();
  assert.deepEqual(
    calls.map(({ tag }) => tag),
    ["{a}", "{a}", "{b}"],
  );
  mock.timers.tick(1_000);
  assert.deepEqual(
    calls.map(({ tag }) => tag),
    ["{a}", "{a}", "{b}", "{a}"],
  );
});
