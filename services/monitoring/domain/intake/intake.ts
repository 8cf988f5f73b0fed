import { type Clock, systemClock } from "#platform/clock/clock.ts";
import { type Campaign, runWhileLeading } from "#platform/lease/run-while-leading.ts";
import { bucketCount } from "#platform/redis/buckets.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { readSuccess } from "../../store/intake/intake-success.ts";
import { readOutboxSpan } from "../../store/intake/outboxes.ts";
import { countSetAside, type SetAsideOutcome } from "../../store/intake/set-aside.ts";
import { ledgerShards, shardKey, shardOfBucket } from "../../store/shard-keys.ts";
import type { AccountRules } from "../account-alerts/account-crossing.ts";
import type { IntakeObserver } from "./intake-observer.ts";
import { JournalPatience } from "./journal-patience.ts";
import type { LedgerJournal } from "./ledger-journal.ts";
import type { LedgerLevels } from "./ledger-levels.ts";
import { followShard } from "./shard-follower.ts";
import { ShardIntake } from "./shard-intake.ts";
import { type CounterTotals, readAllLevels, readAllTotals, ShardState } from "./shard-state.ts";

/** What following the ledger needs. */
export interface IntakeOptions {
  readonly redis: Redis;
  readonly journal: LedgerJournal;
  readonly rules: AccountRules;
  readonly observer: IntakeObserver;
  readonly clock?: Clock;
  /** How long a shard that was left alone stays so. Default 10 s. */
  readonly leaseMs?: number;
}

/** How far all instances together are with the ledger's events. */
export interface IntakeProgress {
  readonly eventsBehind: number;
  /** Age of the oldest event that is not counted; undefined if there is none. */
  readonly oldestEventAgeMs: number | undefined;
  /** Since every shard's outboxes were last read without a failure; undefined if a shard's never were. */
  readonly lastSuccessAgeMs: number | undefined;
  /** Times that an account was refilled from the journal, ever. */
  readonly refills: number;
  /** Accounts that are being refilled. */
  readonly refillsRunning: number;
  /** Buckets that lost entries and are being refilled. */
  readonly lostBuckets: number;
  /** What could not be read and was set aside within the last day, by what became of the events. */
  readonly setAside: Readonly<Record<SetAsideOutcome, number>>;
}

const setAsideShownMs = 24 * 3_600_000;

/** Follows the ledger's events; several instances share the shards. */
export interface Intake {
  /** Levels as they are counted at this moment. */
  levels(): Promise<LedgerLevels>;
  /** Counters since the ledger's beginning, by `<metric> <label values>`. */
  totals(): Promise<CounterTotals>;
  progress(): Promise<IntakeProgress>;
  /** Leaves the shards to others. */
  stop(): Promise<void>;
}

/** Begins to follow. */
export function startIntake(options: IntakeOptions): Intake {
  const { redis, observer, clock = systemClock } = options;
  const campaigns = ledgerShards.map((shard) => lead(options, shard));
  return {
    levels: () => readAllLevels(redis, ledgerShards),
    totals: () => readAllTotals(redis, ledgerShards),
    progress: () => readProgress(redis, clock.nowMs()),
    stop: async () => {
      await Promise.all(campaigns.map((campaign) => campaign.stop()));
    },
  };

  function lead({ journal, rules, leaseMs = 10_000 }: IntakeOptions, shard: string): Campaign {
    const buckets = bucketsOf(shard);
    const patience = new JournalPatience();
    return runWhileLeading(
      {
        redis,
        key: shardKey(shard, "lease"),
        ttlMs: leaseMs,
        clock,
        onError: (error) => observer.failed(shard, error),
      },
      async (_lease, signal) => {
        const intake = new ShardIntake({ redis, shard, buckets, journal, rules, observer, patience });
        await followShard({ redis, shard, buckets, intake, journal, observer, clock }, signal);
      },
    );
  }
}

/** The buckets whose events a shard counts. */
export function bucketsOf(shard: string): number[] {
  return Array.from({ length: bucketCount }, (_, bucket) => bucket).filter(
    (bucket) => shardOfBucket(bucket) === shard,
  );
}

async function readProgress(redis: Redis, nowMs: number): Promise<IntakeProgress> {
  const [setAside, ...shards] = await Promise.all([
    countSetAside(redis, nowMs - setAsideShownMs),
    ...ledgerShards.map((shard) => readShardProgress(redis, shard)),
  ]);
  const sum = (of: (shard: ShardProgress) => number) => shards.reduce((total, shard) => total + of(shard), 0);
  const oldest = shards.flatMap(({ oldestMs }) => oldestMs ?? []);
  const successes = shards.flatMap(({ successMs }) => successMs ?? []);
  const ageOf = (times: readonly number[]) => Math.max(0, nowMs - Math.min(...times));
  return {
    eventsBehind: sum(({ behind }) => behind),
    oldestEventAgeMs: oldest.length === 0 ? undefined : ageOf(oldest),
    lastSuccessAgeMs: successes.length < shards.length ? undefined : ageOf(successes),
    refills: sum(({ marks }) => marks.refills),
    refillsRunning: sum(({ marks }) => marks.refilling.size),
    lostBuckets: sum(({ marks }) => marks.lost.size),
    setAside,
  };
}

type ShardProgress = Awaited<ReturnType<typeof readShardProgress>>;

async function readShardProgress(redis: Redis, shard: string) {
  const [{ cursors, marks }, successMs] = await Promise.all([
    ShardState.read(redis, shard, bucketsOf(shard)),
    readSuccess(redis, shard),
  ]);
  const spans = await Promise.all(
    [...cursors].map(([bucket, cursor]) => readOutboxSpan(redis, bucket, cursor)),
  );
  const oldest = spans.flatMap(({ oldestMs }) => oldestMs ?? []);
  return {
    marks,
    successMs,
    behind: spans.reduce((sum, { behind }) => sum + behind, 0),
    oldestMs: oldest.length === 0 ? undefined : Math.min(...oldest),
  };
}
