import type { Campaign } from "#platform/lease/run-while-leading.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { startLedSchedule } from "#platform/schedule/led-schedule.ts";
import { every } from "#platform/schedule/timetable.ts";
import type { SourceStatusStore } from "../../store/source-status-store.ts";
import type { LiveCatalogue } from "../catalogue/live-catalogue.ts";
import { isInProgress } from "../pricing-error.ts";
import { nextSyncAtMs, type SourceReader, type SourceStatus } from "./source-reader.ts";

export interface SyncScheduleOptions {
  readonly redis: Redis;
  readonly catalogue: LiveCatalogue;
  readonly reader: SourceReader;
  readonly statuses: SourceStatusStore<SourceStatus>;
  /** How often the sources are looked at for one that is due. Default 5 s. */
  readonly lookMs?: number;
  readonly onError: (error: unknown) => void;
}

const longestRunMs = 1_800_000;
const retry = { firstMs: 1_000, maxMs: 60_000 } as const;

/** Syncs sources when they are due, in one instance at a time. */
export function startSyncSchedule(options: SyncScheduleOptions): Campaign {
  const { redis, catalogue, reader, statuses, lookMs = 5_000, onError } = options;
  return startLedSchedule({
    lease: { redis, key: "{pricing}:lease:sync" },
    timetable: every(lookMs),
    maxRunMs: longestRunMs,
    retry,
    onError,
    run: async (signal) => {
      for (const { record } of catalogue.state.sources) {
        if (signal.aborted) return;
        const dueMs = nextSyncAtMs(record, await statuses.read(record.sourceId));
        if (dueMs === undefined || dueMs > catalogue.now()) continue;
        const call = {
          uploaded: new Uint8Array(),
          ignoreVersion: false,
          trigger: "schedule",
          subject: "schedule",
          signal,
        } as const;
        // One source that fails, or that somebody is reading just now, holds up no other.
        await reader.sync(record, call).catch((error: unknown) => {
          if (!isInProgress(error)) onError(error);
        });
      }
    },
  });
}
