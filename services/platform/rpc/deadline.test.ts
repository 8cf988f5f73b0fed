import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withinDeadline } from "./deadline.ts";

const never = new Promise<never>(() => {});

describe("the deadline of some work", () => {
  test("leaves a result and a failure as they are", async () => {
    assert.equal(await withinDeadline(Promise.resolve(7), Date.now() + 1_000), 7);
    const fault = new Error("broken");
    await assert.rejects(withinDeadline(Promise.reject(fault), Date.now() + 1_000), fault);
  });

  test("ends the wait in time, and only the wait", async (context) => {
    context.mock.timers.enable({ apis: ["Date", "setTimeout"], now: Date.now() });
    let finish = () => {};
    let finished = false;
    const work = new Promise<void>((resolve) => {
      finish = resolve;
    }).then(() => {
      finished = true;
    });
    let outcome = "waiting";
    const waiting = withinDeadline(work, Date.now() + 50).catch((error) => {
      outcome = error.reason;
    });
    context.mock.timers.tick(49);
    await new Promise(setImmediate);
    assert.equal(outcome, "waiting");
    context.mock.timers.tick(1);
    await waiting;
    assert.equal(outcome, "DEADLINE_PASSED");
    finish();
    await work;
    assert.ok(finished);
  });

  test("a deadline in the past still takes a result that is there", async () => {
    assert.equal(await withinDeadline(Promise.resolve(7), Date.now() - 1_000), 7);
    await assert.rejects(withinDeadline(never, Date.now() - 1_000), { reason: "DEADLINE_PASSED" });
  });

  test("a deadline beyond what a timer can hold does not end at once", async () => {
    const late = new Promise((resolve) => setTimeout(resolve, 30, "done"));
    assert.equal(await withinDeadline(late, Date.now() + 2 ** 40), "done");
  });

  test("work that fails after its deadline disturbs nobody", async () => {
    let fail = (_: Error) => {};
    const work = new Promise<never>((_, reject) => {
      fail = reject;
    });
    await assert.rejects(withinDeadline(work, Date.now()), { reason: "DEADLINE_PASSED" });
    fail(new Error("too late"));
    await new Promise(setImmediate);
  });
});
