import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pause, systemClock } from "../clock/clock.ts";
import type { Campaign } from "../lease/run-while-leading.ts";
import { waitUntil } from "../testing/eventually.ts";
import { redis } from "../testing/shared-redis.ts";
import { startLedSchedule } from "./led-schedule.ts";
import { every, type Timetable } from "./timetable.ts";

const patientMs = 60_000;
const hourMs = 3_600_000;
const begunMs = Date.now();
/** A slot each hour, none of them near the time at which these tests run. */
const hourly: Timetable = (afterMs) =>
  begunMs + (Math.floor((afterMs - begunMs) / hourMs + 0.5) + 0.5) * hourMs;

let keys = 0;
const newKey = () => `{test}:led:${++keys}`;
const readNote = (key: string) => redis.command<string | null>(key, ["GET", `${key}:done-until`]);

/** Its lease outlasts the stall of a machine, unless the test wants a short one. */
function start(
  key: string,
  run: (signal: AbortSignal) => Promise<void>,
  { timetable = hourly, ttlMs = 60_000 } = {},
): Campaign {
  return startLedSchedule({
    lease: { redis, key, ttlMs },
    timetable,
    maxRunMs: 10_000,
    retry: { firstMs: 20, maxMs: 50 },
    run,
    onError: () => {},
  });
}

describe("a schedule under a lease", () => {
  test("runs in one instance at a time; the next one knows what was done", async () => {
    const key = newKey();
    const began: string[] = [];
    let running = 0;
    const job = (name: string) => async () => {
      try {
        assert.equal(++running, 1);
        began.push(name);
        await redis.ping();
      } finally {
        running--;
      }
    };
    const first = start(key, job("first"));
    await waitUntil(
      "it was never run, so it runs at once",
      async () => (await readNote(key)) !== null,
      patientMs,
    );
    // It looks for the lease every quarter of its time.
    const second = start(key, job("second"), { ttlMs: 2_000 });
    await first.stop();
    await waitUntil("the second leads", () => second.isLeading(), patientMs);
    await second.stop();
    assert.deepEqual(began, ["first"]);

    // Everything was down for a while, and a slot passed.
    await redis.command(key, ["SET", `${key}:done-until`, String(Date.now() - 2 * hourMs)]);
    const third = start(key, job("third"));
    await waitUntil(
      "it makes up for the slot",
      async () => Number(await readNote(key)) > Date.now() - hourMs,
      patientMs,
    );
    await third.stop();
    assert.deepEqual(began, ["first", "third"]);
  });

  test("tries again after a failure, and notes only what succeeded", async () => {
    const key = newKey();
    let runs = 0;
    const only = start(key, async () => {
      assert.equal(await readNote(key), null);
      if (++runs < 3) throw new Error("broken");
    });
    await waitUntil("the success is noted", async () => (await readNote(key)) !== null, patientMs);
    assert.equal(runs, 3);
    await only.stop();
  });

  test("aborts its run when the lease is lost, and does not note it", async () => {
    const key = newKey();
    const reasons: string[] = [];
    const onlyRun = async (signal: AbortSignal) => {
      if (reasons.length > 0) return;
      await redis.command(key, [
        "HSET",
        key,
        "token",
        "9999999999999999",
        "holder",
        "another",
        "expires",
        "1",
      ]);
      // On a machine that stands still for a while it may be aborted before this.
      await pause(systemClock, hourMs, signal);
      assert.ok(signal.aborted);
      assert.equal(await readNote(key), null);
      reasons.push("aborted");
    };
    const only = start(key, onlyRun, { ttlMs: 2_000 });
    await waitUntil("the run is aborted", () => reasons.length === 1, patientMs);
    await waitUntil("it runs again under a new lease", async () => (await readNote(key)) !== null, patientMs);
    await only.stop();
  });

  test("is not held up by a note from the future", async () => {
    const key = newKey();
    await redis.command(key, ["SET", `${key}:done-until`, String(Date.now() + 1_000 * hourMs)]);
    let runs = 0;
    const only = start(key, async () => void runs++, { timetable: every(50) });
    await waitUntil("it runs", () => runs > 1, patientMs);
    await only.stop();
    assert.ok(Number(await readNote(key)) <= Date.now());
  });
});
