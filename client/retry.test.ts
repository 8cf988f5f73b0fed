import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { resolveBounds } from "./call-options.ts";
import { defaultRetry, pauseBeforeRetry, type RetryQuestion } from "./retry.ts";

type Failure = RetryQuestion["error"];
const failure = (more: Partial<Failure> = {}): Failure => ({
  reason: "STORE_UNAVAILABLE",
  retryable: true,
  retryAfterMs: undefined,
  attempts: 1,
  ...more,
});
const ask = (error: Failure, more: Partial<RetryQuestion> = {}) =>
  pauseBeforeRetry({ error, remainingMs: 10_000, policy: defaultRetry, random: 0.5, ...more });

const cases: ReadonlyArray<[what: string, pauseMs: number | undefined, expectedMs: number | undefined]> = [
  ["the first failure", ask(failure()), 50],
  ["the third failure", ask(failure({ attempts: 3 })), 200],
  ["what may not be repeated", ask(failure({ retryable: false })), undefined],
  ["the last attempt", ask(failure({ attempts: 5 })), undefined],
  ["what the server wants later", ask(failure({ retryAfterMs: 3_000 })), 3_050],
  ["what the server wants after the deadline", ask(failure({ retryAfterMs: 9_999 })), undefined],
  ["a fault of the server", ask(failure({ reason: "INTERNAL" })), 50],
  ["a second fault of the server", ask(failure({ reason: "INTERNAL", attempts: 2 })), undefined],
];
for (const [what, pauseMs, expectedMs] of cases) {
  test(`after ${what} the pause is ${expectedMs ?? "none, it is over"}`, () => {
    assert.equal(pauseMs, expectedMs);
  });
}

test("a pause is never longer than its bounds, nor than the time that is left", () => {
  const numbers = fc.integer({ min: 0, max: 20_000 });
  fc.assert(
    fc.property(numbers, numbers, fc.integer({ min: 1, max: 4 }), (retryAfterMs, remainingMs, attempts) => {
      const pauseMs = ask(failure({ retryAfterMs, attempts }), { remainingMs, random: 0.999 });
      if (pauseMs === undefined) return;
      assert.ok(pauseMs >= retryAfterMs && pauseMs < remainingMs);
      assert.ok(pauseMs - retryAfterMs <= defaultRetry.backoffMaxMs);
    }),
  );
});

test("the bounds of a call go before those of the client, and those before the defaults", () => {
  const client = { timeoutMs: 1_000, retry: { maxAttempts: 3 } };
  assert.deepEqual(resolveBounds({}, {}, true).timeoutMs, 10_000);
  assert.deepEqual(resolveBounds({}, client, true), {
    timeoutMs: 1_000,
    attemptTimeoutMs: 400,
    policy: { ...defaultRetry, maxAttempts: 3 },
  });
  assert.equal(resolveBounds({ timeoutMs: 500 }, client, false).attemptTimeoutMs, 500);
  assert.equal(resolveBounds({ retry: false }, client, true).policy.maxAttempts, 1);
  assert.equal(resolveBounds({ retry: {} }, { retry: false }, true).policy.maxAttempts, 5);
  for (const timeoutMs of [0, -1, Number.NaN])
    assert.throws(() => resolveBounds({ timeoutMs }, {}, true), /timeoutMs is .*more than 0/);
});
