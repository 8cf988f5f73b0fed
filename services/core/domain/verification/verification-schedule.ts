import { systemClock } from "#platform/clock/clock.ts";
import type { Campaign } from "#platform/lease/run-while-leading.ts";
import { bucketCount } from "#platform/redis/buckets.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { startLedSchedule } from "#platform/schedule/led-schedule.ts";
import { every } from "#platform/schedule/timetable.ts";
import type { JournalArchive } from "../../store/archive/journal-archive.ts";
import { AccountVerifier, type VerificationObserver, type VerificationStore } from "./account-verifier.ts";
import { LedgerVerifier, type VerificationSums } from "./ledger-verifier.ts";
import { pacedCalls } from "./paced-calls.ts";

const leaseKey = "{core}:lease:verification";
/** Work is followed by a rest three times as long. */
const restShare = 3;
/** About 4 million accounts at that pace; a round that has not ended by then counts as failed. */
const longestRoundMs = 24 * 3_600_000;

/** Hears of the rounds. */
export interface VerificationRounds {
  /** An account was verified, in a round or otherwise. */
  readonly verified: VerificationObserver;
  /** A round over all accounts ended. */
  completed(sums: VerificationSums): void;
  /** A round could not be ended, for example because Redis does not answer; it begins again after a while. */
  failed(error: unknown): void;
}

/** What the rounds need. */
export interface VerificationScheduleOptions {
  readonly redis: Redis;
  readonly store: VerificationStore;
  readonly archive: JournalArchive;
  /** From the beginning of one round to the next; a round that takes longer is followed by the next slot. */
  readonly intervalMs: number;
  readonly observer: VerificationRounds;
}

/**
 * Verifies the whole ledger again and again, one account after the other, slowly, in one instance at a time. Each
 * round begins with another bucket, so that rounds which are cut short leave out no account for ever.
 */
export function startVerifying(options: VerificationScheduleOptions): Campaign {
  const { redis, store, archive, intervalMs, observer } = options;
  const paced = pacedCalls(store, restShare, systemClock);
  const ledger = new LedgerVerifier(redis, new AccountVerifier(paced, archive, observer.verified));
  return startLedSchedule({
    lease: { redis, key: leaseKey },
    timetable: every(intervalMs),
    maxRunMs: longestRoundMs,
    retry: { firstMs: Math.min(intervalMs, 60_000), maxMs: intervalMs },
    run: async (signal) => {
      const firstBucket = Math.floor(Math.random() * bucketCount);
      for await (const event of ledger.run(signal, { accountsAtOnce: 1, firstBucket }))
        if ("sums" in event && event.complete) observer.completed(event.sums);
    },
    onError: (error) => observer.failed(error),
  });
}
