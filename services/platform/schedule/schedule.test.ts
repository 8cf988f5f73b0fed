import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { createFakeClock, type FakeClock } from "../testing/fake-clock.ts";
import { type Schedule, type ScheduleOptions, startSchedule } from "./schedule.ts";
import { every } from "./timetable.ts";

const minute = 60_000;
const running: Schedule[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((schedule) => schedule.stop()));
});

/** A schedule every minute from 0 on, and the times in minutes at which its runs began. */
function start(options: Partial<ScheduleOptions> = {}, clock: FakeClock = createFakeClock(0)) {
  const began: number[] = [];
  const errors: unknown[] = [];
  const { run = async () => {}, ...others } = options;
  const schedule = startSchedule({
    timetable: every(minute),
    maxRunMs: 10 * minute,
    retry: { firstMs: minute, maxMs: 8 * minute },
    onError: (error) => errors.push(error),
    clock,
    ...others,
    run: (signal) => {
      began.push(clock.nowMs() / minute);
      return run(signal);
    },
  });
  running.push(schedule);
  return { clock, began, errors, schedule };
}

/** A run that ends when the test says so. */
function held() {
  const runs: Array<{ signal: AbortSignal } & PromiseWithResolvers<void>> = [];
  const run = (signal: AbortSignal) => {
    const ending = Promise.withResolvers<void>();
    runs.push({ signal, ...ending });
    return ending.promise;
  };
  return { runs, run };
}

describe("a schedule", () => {
  test("runs at each slot and says when the next is", async () => {
    const { clock, began, schedule } = start();
    assert.equal(schedule.nextRunAtMs(), minute);
    await clock.advance(3.5 * minute);
    assert.deepEqual(began, [1, 2, 3]);
    assert.equal(schedule.nextRunAtMs(), 4 * minute);
  });

  const starts: ReadonlyArray<[what: string, doneUntilMs: number, began: number[]]> = [
    ["nothing was done yet: at once", 0, [5.5, 6, 7]],
    ["many slots passed since: once", 1.2 * minute, [5.5, 6, 7]],
    ["no slot passed since", 5.2 * minute, [6, 7]],
  ];
  for (const [what, doneUntilMs, expected] of starts) {
    test(`begins anew when ${what}`, async () => {
      const { clock, began } = start({ doneUntilMs }, createFakeClock(5.5 * minute));
      await clock.advance(1.6 * minute);
      assert.deepEqual(began, expected);
    });
  }

  test("makes up for a sleep by one run, by whichever clock it shows", async () => {
    const { clock, began } = start();
    await clock.advance(1.5 * minute);
    await clock.jump(60 * minute);
    assert.deepEqual(began, [1, 61.5]);
    // While a machine sleeps the monotonic clock, and with it the timers, may stand still.
    clock.stepWallClock(60 * minute);
    await clock.advance(0.25 * minute);
    assert.equal(began.length, 3);
    await clock.advance(0.25 * minute);
    assert.equal(began.length, 4);
    assert.equal(began[3], 122);
  });

  test("is not held up by a clock that was set back", async () => {
    const { clock, began } = start();
    await clock.advance(10.5 * minute);
    clock.stepWallClock(-8 * minute);
    began.length = 0;
    await clock.advance(minute);
    assert.deepEqual(began, [3]);
  });

  test("never overlaps itself; slots during a run are left out", async () => {
    const { runs, run } = held();
    const { clock, began } = start({ run });
    await clock.advance(4.5 * minute);
    assert.deepEqual(began, [1]);
    runs[0]?.resolve();
    await clock.advance(minute);
    assert.deepEqual(began, [1, 5]);
    runs[1]?.resolve();
  });

  test("spreads its runs by the jitter after each slot", async () => {
    const { clock, began } = start({ jitterMs: minute / 2 });
    await clock.advance(100 * minute);
    const delays = began.map((time, index) => time - index - 1);
    assert.ok(began.length >= 99);
    assert.ok(delays.every((delay) => delay >= 0 && delay <= 0.5));
    assert.ok(Math.max(...delays) - Math.min(...delays) > 0.2);
  });

  test("comes back after failures later and later, up to a bound, and then in time again", async () => {
    let broken = true;
    const { clock, began, errors } = start({
      timetable: every(100 * minute),
      run: async () => {
        if (broken) throw new Error("broken");
      },
    });
    await clock.advance(160 * minute);
    const waits = began.slice(1).map((time, index) => time - began[index]!);
    for (const [index, most] of [1, 2, 4, 8, 8].entries())
      assert.ok(waits[index]! <= most && waits[index]! >= most * 0.5, `${index}: ${waits[index]}`);
    assert.equal(errors.length, began.length);
    broken = false;
    await clock.advance(8 * minute);
    began.length = 0;
    await clock.advance(200 * minute);
    assert.deepEqual(began, [200, 300]);
  });

  test("aborts a run that takes too long, and counts it as failed even if it ends well", async () => {
    const { runs, run } = held();
    const { clock, began, errors } = start({ run, maxRunMs: 2 * minute });
    await clock.advance(2.9 * minute);
    assert.equal(runs[0]?.signal.aborted, false);
    await clock.advance(0.2 * minute);
    assert.equal(runs[0]?.signal.reason.name, "TimeoutError");
    await clock.advance(5 * minute);
    assert.deepEqual(began, [1]);
    runs[0]?.resolve();
    await clock.advance(minute);
    assert.match(String(errors), /TimeoutError: the run took longer than 120000 ms/);
    assert.equal(began.length, 2);
    runs[1]?.resolve();
  });

  test("stop aborts the run under way, waits for its end, and no other begins", async () => {
    const { runs, run } = held();
    const { clock, began, errors, schedule } = start({ run });
    await clock.advance(minute);
    let stopped = false;
    const stopping = schedule.stop().then(() => {
      stopped = true;
    });
    await clock.advance(minute);
    assert.equal(runs[0]?.signal.aborted, true);
    assert.equal(stopped, false);
    runs[0]?.reject(new Error("aborted"));
    await stopping;
    await clock.advance(10 * minute);
    assert.deepEqual(began, [1]);
    assert.deepEqual(errors, []);
    assert.equal(clock.timerCount, 0);
  });

  test("stop between two runs ends at once", async () => {
    const { clock, schedule } = start();
    await schedule.stop();
    assert.equal(clock.timerCount, 0);
  });
});
