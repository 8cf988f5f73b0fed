import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeClock } from "#platform/testing/fake-clock.ts";
import type { FunctionCall } from "../../store/function-call.ts";
import type { VerificationStore } from "./account-verifier.ts";
import { pacedCalls } from "./paced-calls.ts";

const call = {} as FunctionCall<string>;

test("after work comes a rest that is so many times as long, and never very long", async () => {
  const clock = createFakeClock();
  const begun: number[] = [];
  let callMs = 0;
  const slow: VerificationStore = {
    run: async () => {
      begun.push(clock.monotonicMs());
      clock.jumpSilently(callMs);
      return "answer" as never;
    },
    serverTimeMs: async () => 0,
  };
  const { run } = pacedCalls(slow, 3, clock);
  // Each: what the call takes, what its caller does with the answer, and the rest that must follow.
  const steps: ReadonlyArray<[callMs: number, workMs: number, restMs: number]> = [
    [10, 0, 30],
    [10, 20, 90],
    [0, 0, 0],
    [5_000, 0, 1_000],
    [1, 1, 6],
  ];
  let endMs = 0;
  let dueMs = 0;
  for (const [takesMs, workMs, restMs] of steps) {
    callMs = takesMs;
    const answer = run(call);
    await clock.advance(dueMs - clock.monotonicMs());
    assert.equal(await answer, "answer");
    assert.equal(begun.at(-1), dueMs);
    clock.jumpSilently(workMs);
    endMs = clock.monotonicMs();
    dueMs = endMs + restMs;
  }
  assert.equal(begun.length, steps.length);
});
