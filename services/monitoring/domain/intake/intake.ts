import { type Clock, systemClock } from "#platform/clock/clock.ts";
import { type Campaign, runWhileLeading } from "#platform/lease/run-while-leading.ts";
import { bucketCount } from "#platform/redis/buckets.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { readOutboxSpan } from "../../store/intake/outboxes.ts";
import { ledgerShards, shardKey, shardOfBucket } from "../../store/shard-keys.ts";
import type { AccountRules } from "../account-alerts/account-crossing.ts";
import type { IntakeObserver } from "./intake-observer.ts";
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
  /** Buckets that lost entries and are being refilled. */
  readonly lostBuckets: number;
}

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
    return runWhileLeading(
      {
        redis,
        key: shardKey(shard, "lease"),
        ttlMs: leaseMs,
        clock,
        onError: (error) => observer.failed(shard, error),
      },
      async (_lease, signal) => {
        const intake = new ShardIntake({ redis, shard, buckets, journal, rules, observer });
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
  const shards = await Promise.all(
    ledgerShards.map(async (shard) => {
      const { cursors, lost } = await ShardState.read(redis, shard, bucketsOf(shard));
      const spans = await Promise.all(
        [...cursors].map(([bucket, cursor]) => readOutboxSpan(redis, bucket, cursor)),
      );
      return { spans, lost: lost.size };
    }),
  );
  const spans = shards.flatMap((shard) => shard.spans);
  const oldest = spans.flatMap(({ oldestMs }) => oldestMs ?? []);
  return {
    eventsBehind: spans.reduce((sum, { behind }) => sum + behind, 0),
    oldestEventAgeMs: oldest.length === 0 ? undefined : Math.max(0, nowMs - Math.min(...oldest)),
    lostBuckets: shards.reduce((sum, { lost }) => sum + lost, 0),
  };
}
