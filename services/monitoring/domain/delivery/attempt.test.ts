import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { DeliveryRecord } from "../../store/deliveries/delivery-record.ts";
import { afterAttempt, attemptsForMs } from "./attempt.ts";
import type { SendOutcome } from "./send-outcome.ts";

const createdAtMs = Date.UTC(2026, 0, 1);
const pending: DeliveryRecord = {
  deliveryId: "d1",
  channelId: "c1",
  state: "pending",
  kind: "firing",
  groupKey: "{}",
  alertIds: ["a1"],
  alertCount: 1,
  createdAtMs,
  nextAttemptAtMs: createdAtMs,
  attemptCount: 0,
  attempts: [],
  redeliveryOf: "",
};
const success: SendOutcome = { ok: true, httpStatus: 200 };
const failure = (over: object = {}): SendOutcome => ({
  ok: false,
  httpStatus: 503,
  error: "answered with status 503",
  isFinal: false,
  retryAfterMs: undefined,
  ...over,
});
const hourMs = 3_600_000;

describe("a delivery after an attempt", () => {
  const cases: ReadonlyArray<
    [what: string, before: Partial<DeliveryRecord>, outcome: SendOutcome, state: string, pauseMs?: number]
  > = [
    ["that succeeded is delivered", {}, success, "delivered"],
    ["that failed waits", {}, failure(), "pending", 5_000],
    ["that failed again waits longer", { attemptCount: 3 }, failure(), "pending", 40_000],
    ["that failed often waits an hour", { attemptCount: 50 }, failure(), "pending", hourMs],
    ["that was asked to wait waits as long", {}, failure({ retryAfterMs: 90_000 }), "pending", 90_000],
    ["that was asked to wait for too long has failed", {}, failure({ retryAfterMs: 25 * hourMs }), "failed"],
    ["that was refused for good has failed", {}, failure({ isFinal: true }), "failed"],
    ["of a test that failed has failed", { kind: "test" }, failure(), "failed"],
    ["whose place another took stays discarded", { state: "discarded" }, failure(), "discarded"],
    ["whose place another took and that arrived is delivered", { state: "discarded" }, success, "delivered"],
  ];
  for (const [what, before, outcome, state, pauseMs] of cases) {
    test(what, () => {
      const attempt = { atMs: createdAtMs + 1_000, durationMs: 100, outcome };
      const after = afterAttempt({ ...pending, ...before }, attempt, undefined, 0);
      assert.equal(after.state, state);
      const next = pauseMs === undefined ? undefined : createdAtMs + 1_100 + pauseMs;
      assert.equal(after.nextAttemptAtMs, next);
      assert.equal(after.deliveredAtMs, state === "delivered" ? createdAtMs + 1_100 : undefined);
      assert.equal(after.attemptCount, (before.attemptCount ?? 0) + 1);
    });
  }

  test("is attempted for a day and then given up, whatever the pauses; the last twenty attempts are kept", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1 }),
        (randoms) => {
          let delivery = pending;
          for (let count = 0; delivery.state === "pending"; count++) {
            const atMs = delivery.nextAttemptAtMs!;
            assert.ok(atMs <= createdAtMs + attemptsForMs && count < 200);
            const attempt = { atMs, durationMs: 10, outcome: failure() };
            delivery = afterAttempt(delivery, attempt, undefined, randoms[count % randoms.length]);
          }
          assert.equal(delivery.state, "failed");
          assert.ok(delivery.attempts.at(-1)!.atMs > createdAtMs + attemptsForMs - hourMs - 1);
          assert.equal(delivery.attempts.length, 20);
          assert.ok(delivery.attemptCount > 20);
        },
      ),
      { numRuns: 200 },
    );
  });
});
