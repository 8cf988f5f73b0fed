import { pause, systemClock } from "../clock/clock.ts";
import { createGuardedScript, runGuarded } from "../lease/guarded-script.ts";
import type { Lease, LeaseOptions } from "../lease/lease.ts";
import { type Campaign, runWhileLeading } from "../lease/run-while-leading.ts";
import { type ScheduleOptions, startSchedule } from "./schedule.ts";

/** A schedule of which one process at a time runs the job. */
export interface LedScheduleOptions
  extends Omit<ScheduleOptions, "run" | "doneUntilMs" | "onError" | "clock"> {
  readonly lease: Omit<LeaseOptions, "onError" | "clock">;
  /** The job; `lease` guards what it writes, see `runGuarded`. */
  run(signal: AbortSignal, lease: Lease): Promise<void>;
  readonly onError: (error: unknown) => void;
  readonly clock?: LeaseOptions["clock"];
}

const recordRunScript = createGuardedScript("write-always", "return redis.call('SET', KEYS[1], ARGV[1])");

/**
 * Runs a job at the slots of a timetable in one process among all that campaign for the same lease. When the last
 * run succeeded stands in Redis (`<lease key>:done-until`), so that whoever leads next, or first after all were
 * down, makes up for a slot that passed meanwhile. A process that dies between the end of a run and that note
 * causes a second run.
 */
export function startLedSchedule(options: LedScheduleOptions): Campaign {
  const { lease: leaseOptions, run, onError, clock = systemClock } = options;
  const { redis } = leaseOptions;
  const doneUntilKey = `${leaseOptions.key}:done-until`;
  return runWhileLeading({ ...leaseOptions, clock, onError }, async (lease, signal) => {
    const noted = await redis.command<string | null>(doneUntilKey, ["GET", doneUntilKey]);
    const schedule = startSchedule({
      ...options,
      clock,
      // The clock of whoever wrote it may have been ahead.
      doneUntilMs: Math.min(Number(noted ?? 0), clock.nowMs()),
      run: async (runSignal) => {
        const startedAtMs = clock.nowMs();
        await run(runSignal, lease);
        await runGuarded(redis, lease, recordRunScript, [doneUntilKey], [String(startedAtMs)]);
      },
      onError,
    });
    await pause(clock, Number.MAX_SAFE_INTEGER, signal);
    await schedule.stop();
  });
}
