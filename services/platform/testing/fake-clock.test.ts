import assert from "node:assert/strict";
import { test } from "node:test";
import { pause } from "../clock/clock.ts";
import { createFakeClock } from "./fake-clock.ts";

test("time passes from timer to timer, and what one sets off happens at its time", async () => {
  const clock = createFakeClock(0);
  const seen: string[] = [];
  const note = (what: string) => seen.push(`${what} at ${clock.nowMs()}`);
  clock.setTimer(30, () => note("third"));
  clock.setTimer(10, async () => {
    note("first");
    await pause(clock, 5);
    note("second");
  });
  clock.setTimer(100, () => note("too late"));
  await clock.advance(50);
  assert.deepEqual(seen, ["first at 10", "second at 15", "third at 30"]);
  assert.deepEqual([clock.nowMs(), clock.monotonicMs(), clock.timerCount], [50, 50, 1]);
});

test("timers of one time go off in the order in which they were set; a cancelled one never", async () => {
  const clock = createFakeClock();
  const seen: number[] = [];
  const timers = [1, 2, 3].map((number) => clock.setTimer(10, () => seen.push(number)));
  timers[1]?.cancel();
  await clock.advance(10);
  assert.deepEqual(seen, [1, 3]);
});

test("after a jump everything overdue goes off at the later time", async () => {
  const clock = createFakeClock(0);
  const seen: number[] = [];
  for (const delayMs of [10, 20]) clock.setTimer(delayMs, () => seen.push(clock.nowMs()));
  clock.jumpSilently(15);
  assert.deepEqual(seen, []);
  await clock.jump(85);
  assert.deepEqual(seen, [100, 100]);
});

test("setting the time of day moves neither timers nor the monotonic time", async () => {
  const clock = createFakeClock(1_000);
  let called = 0;
  clock.setTimer(10, () => called++);
  clock.stepWallClock(-500);
  await clock.advance(9);
  assert.deepEqual([called, clock.nowMs(), clock.monotonicMs()], [0, 509, 9]);
  await clock.advance(1);
  assert.equal(called, 1);
});
