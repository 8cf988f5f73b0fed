import type { Redis } from "#platform/redis/redis.ts";
import type { ShardWrite } from "../../store/shard-commit.ts";
import { ledgerShards, shardKey } from "../../store/shard-keys.ts";
import { pointStartMs } from "../metrics/resolution.ts";

/** Accounts are told apart by hour for two days and by day for 65 days: enough for a range and the one before it. */
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const spans = [
  { letter: "h", stepMs: hourMs, keptMs: 50 * hourMs },
  { letter: "d", stepMs: dayMs, keptMs: 65 * dayMs },
] as const;

const activeKey = (shard: string, letter: string, startMs: number) =>
  shardKey(shard, `active:${letter}:${startMs}`);

/** Notes which accounts moved money, by the time of their last event; doing it twice does it once. */
export function activeAccountWrites(shard: string, active: ReadonlyMap<string, number>): ShardWrite[] {
  return spans.flatMap(({ letter, stepMs, keptMs }) => {
    const byStart = Map.groupBy(active, ([, atMs]) => pointStartMs(atMs, stepMs));
    return [...byStart].flatMap(([startMs, accounts]): ShardWrite[] => {
      const key = activeKey(shard, letter, startMs);
      return [
        { command: "PFADD", key, args: accounts.map(([accountId]) => accountId) },
        { command: "PEXPIREAT", key, args: [String(startMs + stepMs + keptMs)] },
      ];
    });
  });
}

/**
 * About how many accounts moved money within a time, within 1 %: by whole hours up to two days back, else by whole
 * days.
 */
export async function countActiveAccounts(
  redis: Redis,
  fromMs: number,
  untilMs: number,
  nowMs: number,
): Promise<number> {
  const span = spans.find(({ keptMs }) => nowMs - fromMs <= keptMs) ?? spans[1];
  const starts: number[] = [];
  for (let at = pointStartMs(fromMs, span.stepMs); at < untilMs; at += span.stepMs) starts.push(at);
  // An account lies in one shard, so the shards' numbers add up.
  const counts = await Promise.all(
    ledgerShards.map((shard) => {
      const keys = starts.map((startMs) => activeKey(shard, span.letter, startMs));
      return redis.command<number>(keys[0]!, ["PFCOUNT", ...keys]);
    }),
  );
  return counts.reduce((sum, count) => sum + Number(count), 0);
}
