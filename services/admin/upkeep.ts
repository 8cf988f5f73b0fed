import type { Logger } from "#platform/observe/log.ts";
import { type Schedule, startSchedule } from "#platform/schedule/schedule.ts";
import { every } from "#platform/schedule/timetable.ts";
import { resumeAdjustments } from "./domain/adjustments/adjustment-upkeep.ts";
import type { AdjustmentsParts } from "./domain/adjustments/adjustments.ts";
import type { AuditLog } from "./domain/audit/audit-log.ts";

/** What is looked after. */
export interface UpkeepParts {
  readonly adjustments: AdjustmentsParts;
  readonly auditLog: AuditLog;
  readonly log: Logger;
}

const minuteMs = 60_000;
/** Longer than any change takes, with all its repeats. */
const abandonedMs = 5 * minuteMs;

/**
 * Ends what processes began that are gone. Every instance may do it at the same time: each step happens once,
 * whoever comes first.
 */
export function startUpkeep({ adjustments, auditLog, log }: UpkeepParts): Schedule {
  return startSchedule({
    timetable: every(minuteMs),
    jitterMs: minuteMs / 6,
    maxRunMs: minuteMs,
    retry: { firstMs: minuteMs / 4, maxMs: 10 * minuteMs },
    doneUntilMs: 0,
    run: async () => {
      const ended = await resumeAdjustments(adjustments);
      if (ended > 0) log.info({ ended }, "adjustments that were left open have ended");
      const closed = await auditLog.closeAbandoned(abandonedMs);
      if (closed > 0) log.warn({ closed }, "changes were begun whose end nobody knows; see the audit log");
    },
    onError: (error) => log.warn({ err: error }, "looking after what was left open failed"),
  });
}
