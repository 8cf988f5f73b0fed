import { type Clock, pause } from "#platform/clock/clock.ts";
import { bucketOf } from "#platform/redis/buckets.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { noteSuccess } from "../../store/intake/intake-success.ts";
import { beat, hasLostEntries } from "../../store/intake/outboxes.ts";
import { shardOfBucket } from "../../store/shard-keys.ts";
import type { IntakeObserver } from "./intake-observer.ts";
import type { LedgerJournal } from "./ledger-journal.ts";
import type { ShardIntake } from "./shard-intake.ts";

/** What following a shard needs. */
export interface ShardFollowerOptions {
  readonly redis: Redis;
  readonly shard: string;
  readonly buckets: readonly number[];
  readonly intake: ShardIntake;
  readonly journal: LedgerJournal;
  readonly observer: IntakeObserver;
  readonly clock: Clock;
}

/** An empty round costs Redis about 0.1 ms. */
const idleMs = 100;
/** The ledger waits for minutes; sooner means that it can trim sooner. */
const heartbeatMs = 2_000;
const spikeCheckMs = 30_000;

/** Follows a shard's outboxes until `signal` aborts. Whoever leads the shard runs it; what it throws ends its turn. */
export async function followShard(options: ShardFollowerOptions, signal: AbortSignal): Promise<void> {
  const { redis, intake, shard, clock } = options;
  const heartbeat = createTimer(clock, heartbeatMs);
  const spikeCheck = createTimer(clock, spikeCheckMs);
  await intake.clearRefills();
  await findLost(options);
  while (!signal.aborted) {
    const hasMore = await intake.countNext(signal);
    if ((await intake.lostBuckets()).size > 0) await refillLost(options, signal);
    if (heartbeat.isDue()) {
      await tellLedger(options);
      await noteSuccess(redis, shard, clock.nowMs());
    }
    if (spikeCheck.isDue()) await intake.passTime(clock.nowMs());
    if (!hasMore) await pause(clock, idleMs, signal);
  }
}

/** Finds buckets whose outbox was trimmed beyond the cursor while nobody counted. */
async function findLost({ redis, buckets, intake, observer }: ShardFollowerOptions): Promise<void> {
  const cursors = await intake.cursors();
  const lost = await Promise.all(
    buckets.map(async (bucket) =>
      (await hasLostEntries(redis, bucket, cursors.get(bucket)!)) ? [bucket] : [],
    ),
  );
  const found = lost.flat();
  for (const bucket of found) observer.lost(bucket);
  await intake.markLost(found, true);
}

/** Refills every account of the buckets that lost entries: also those that have no later event to show a gap. */
async function refillLost(
  { intake, journal, shard }: ShardFollowerOptions,
  signal: AbortSignal,
): Promise<void> {
  const lost = new Set(await intake.lostBuckets());
  for await (const accounts of journal.listAccounts(signal)) {
    for (const { accountId, sequence } of accounts) {
      if (signal.aborted) return;
      const bucket = bucketOf(accountId);
      if (shardOfBucket(bucket) !== shard || !lost.has(bucket)) continue;
      if ((await intake.sequenceOf(accountId)) < sequence) await intake.refill(accountId, signal);
    }
  }
  if (!signal.aborted) await intake.markLost([...lost], false);
}

/** Tells the ledger how far was counted. If it has given up waiting, what it may have trimmed is looked for. */
async function tellLedger(options: ShardFollowerOptions): Promise<void> {
  const { redis, buckets, intake } = options;
  const [cursors, lost] = [await intake.cursors(), await intake.lostBuckets()];
  const lagged = await Promise.all(
    buckets.map(async (bucket) => {
      const outcome = await beat(redis, bucket, cursors.get(bucket)!, false);
      return outcome.lagged ? [bucket] : [];
    }),
  );
  if (lagged.flat().length === 0) return;
  await findLost(options);
  const known = await intake.lostBuckets();
  const sound = lagged.flat().filter((bucket) => !known.has(bucket) && !lost.has(bucket));
  await Promise.all(sound.map((bucket) => beat(redis, bucket, cursors.get(bucket)!, true)));
}

/** Due at first, and then after each interval. */
function createTimer(clock: Clock, intervalMs: number): { isDue(): boolean } {
  let nextMs = clock.monotonicMs();
  return {
    isDue() {
      const nowMs = clock.monotonicMs();
      if (nowMs < nextMs) return false;
      nextMs = nowMs + intervalMs;
      return true;
    },
  };
}
