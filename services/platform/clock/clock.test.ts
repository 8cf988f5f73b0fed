import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createFakeClock } from "../testing/fake-clock.ts";
import { pause, systemClock } from "./clock.ts";
import { createDeadline } from "./deadline.ts";

/** Keeps the process alive while only timers wait, which don't. */
async function keepingAlive<T>(work: Promise<T>): Promise<T> {
  const alive = setInterval(() => {}, 1_000);
  return work.finally(() => clearInterval(alive));
}

describe("the system's clock", () => {
  test("calls back not before the time", async () => {
    const startMs = systemClock.monotonicMs();
    await keepingAlive(pause(systemClock, 20.4));
    assert.ok(systemClock.monotonicMs() - startMs >= 20.4);
    assert.ok(Math.abs(systemClock.nowMs() - Date.now()) < 1_000);
  });

  test("calls back not before the time, though the process looks at its timers all the while", async () => {
    let looks = true;
    const look = () => void (looks && setImmediate(look));
    look();
    const earlyMs: number[] = [];
    for (let count = 0; count < 100; count++) {
      const dueMs = systemClock.monotonicMs() + 1 + count / 100;
      await pause(systemClock, dueMs - systemClock.monotonicMs());
      earlyMs.push(dueMs - systemClock.monotonicMs());
    }
    looks = false;
    assert.deepEqual(
      earlyMs.filter((ms) => ms > 0),
      [],
    );
  });

  test("does not call back a timer of months at once, nor one that was cancelled", async () => {
    let called = 0;
    const timers = [2 ** 31 + 5, 2 ** 40, 5].map((ms) => systemClock.setTimer(ms, () => called++));
    timers[2]?.cancel();
    // Time itself is what is tested.
    await keepingAlive(pause(systemClock, 25));
    for (const timer of timers) timer.cancel();
    assert.equal(called, 0);
  });
});

test("a pause ends at its time, or at once when aborted, and leaves no timer", async () => {
  const clock = createFakeClock();
  const aborting = new AbortController();
  const ended: string[] = [];
  const pauses = [
    pause(clock, 10).then(() => ended.push("time")),
    pause(clock, 10_000, aborting.signal).then(() => ended.push("abort")),
    pause(clock, 10_000, AbortSignal.abort()).then(() => ended.push("aborted before")),
  ];
  await clock.advance(10);
  assert.deepEqual(ended, ["aborted before", "time"]);
  aborting.abort();
  await Promise.all(pauses);
  assert.equal(clock.timerCount, 0);
});

const passings: ReadonlyArray<[what: string, wallMs: number, monotonicMs: number, leftMs: number]> = [
  ["both clocks ran", 0, 400, 600],
  ["the machine slept, which the monotonic clock does not count", 1_200, 0, -200],
  ["the time of day was set back", -5_000, 1_100, -100],
  ["the time of day was set forth", 700, 100, 200],
];
for (const [what, wallMs, monotonicMs, leftMs] of passings) {
  test(`${leftMs} ms of a deadline of 1,000 are left when ${what}`, () => {
    const clock = createFakeClock();
    const deadline = createDeadline(clock, 1_000);
    clock.stepWallClock(wallMs);
    clock.jumpSilently(monotonicMs);
    assert.equal(deadline.leftMs(), leftMs);
  });
}
