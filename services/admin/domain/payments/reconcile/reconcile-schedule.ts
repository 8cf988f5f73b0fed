import type { Campaign } from "#platform/lease/run-while-leading.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { startLedSchedule } from "#platform/schedule/led-schedule.ts";
import { every } from "#platform/schedule/timetable.ts";
import type { ReconciliationStore } from "../../../store/payments/reconciliation-store.ts";
import type { ReportedDifference } from "./difference.ts";
import {
  beginReconciliation,
  type ReconcilePosition,
  type ReconcileSources,
  reconcileStep,
} from "./reconcile.ts";

export interface ReconcileScheduleOptions {
  readonly redis: Redis;
  readonly parts: ReconcileSources;
  readonly reconciliations: ReconciliationStore;
  readonly everyMs: number;
  /** Told of every difference, and may write down its repair. */
  readonly onDifference: (difference: ReportedDifference) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

const longestRunMs = 1_800_000;
const retry = { firstMs: 5_000, maxMs: 300_000 } as const;
const objectsPerStep = 200;
/** What was made shortly before the end of the last run is looked at once more. */
export const overlapMs = 3_600_000;
/** The first run looks back as far as Stripe keeps events. */
const firstLookBackMs = 30 * 86_400_000;
/** Events on their way are no difference yet. */
const settlingMs = 60_000;

/** Where the next reconciliation of everything begins. */
export async function nextStartMs(reconciliations: ReconciliationStore): Promise<number> {
  const last = await reconciliations.read();
  return last === undefined ? Date.now() - firstLookBackMs : last.untilMs - overlapMs;
}

/** Reconciles and repairs at intervals, in one instance at a time, so that lost events are found by nobody's hand. */
export function startReconcileSchedule(options: ReconcileScheduleOptions): Campaign {
  const { redis, parts, reconciliations, everyMs, onDifference, onError } = options;
  return startLedSchedule({
    lease: { redis, key: "{admin}:lease:reconcile" },
    timetable: every(everyMs),
    maxRunMs: longestRunMs,
    retry,
    onError,
    run: async (signal) => {
      const endMs = Date.now() - Math.min(settlingMs, everyMs);
      let position: ReconcilePosition | undefined = beginReconciliation(
        await nextStartMs(reconciliations),
        endMs,
      );
      let openDifferences = 0;
      while (position !== undefined) {
        signal.throwIfAborted();
        const request = { accountId: "", repairs: true, maxObjects: objectsPerStep };
        const { differences, next }: Awaited<ReturnType<typeof reconcileStep>> = await reconcileStep(
          parts,
          position,
          request,
        );
        for (const difference of differences) await onDifference(difference);
        openDifferences += differences.filter(({ isRepaired }) => !isRepaired).length;
        position = next;
      }
      await reconciliations.write({ untilMs: endMs, openDifferences });
    },
  });
}
