import { ErrorReply } from "@redis/client";
import { bucketTags } from "#platform/redis/buckets.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { createScript, readLua, runScript } from "#platform/redis/script.ts";

/** What a bucket's outbox holds after a position. */
export interface OutboxRead {
  readonly bucket: number;
  /** Ids of the entries with account and text, oldest first. */
  readonly entries: ReadonlyArray<{ readonly id: string; readonly accountId: string; readonly text: string }>;
}

/** How a bucket's outbox stands to a reader. */
export interface OutboxSpan {
  /** Entries after the reader's position. */
  readonly behind: number;
  /** Time of the oldest of them; undefined if there is none. */
  readonly oldestMs: number | undefined;
}

const outboxKey = (bucket: number) => `{${bucketTags[bucket]}}:o`;
/** Readers and how far they are: `<id of the last entry processed>,<heartbeat in ms by TIME>`. */
const readersKey = (bucket: number) => `{${bucketTags[bucket]}}:w`;
const readerId = "monitoring";
/** Position before the first entry. */
export const nothingRead = "0-0";

const heartbeatScript = createScript("write-always", readLua(import.meta.url, "../scripts/heartbeat.lua"));

/** What was published after each bucket's position; gives only buckets with something new. */
export async function readOutboxes(
  redis: Redis,
  positions: ReadonlyMap<number, string>,
  entriesPerBucket: number,
): Promise<OutboxRead[]> {
  const all = [...positions];
  // The streams of one command must lie in one slot.
  const groups = redis.isCluster ? all.map((one) => [one]) : [all];
  return (await Promise.all(groups.map((group) => readGroup(redis, group, entriesPerBucket)))).flat();
}

type StreamEntries = ReadonlyArray<readonly [id: string, fields: readonly string[]]>;

async function readGroup(
  redis: Redis,
  positions: ReadonlyArray<readonly [bucket: number, position: string]>,
  entriesPerBucket: number,
): Promise<OutboxRead[]> {
  const buckets = new Map(positions.map(([bucket]) => [outboxKey(bucket), bucket]));
  const keys = [...buckets.keys()];
  const command = ["XREAD", "COUNT", String(entriesPerBucket), "STREAMS", ...keys];
  const reply = await redis.command<unknown>(keys[0]!, [...command, ...positions.map(([, id]) => id)]);
  if (reply === null) return [];
  // A list of pairs in RESP2, a map in RESP3.
  const streams = (Array.isArray(reply) ? reply : Object.entries(reply as object)) as Array<
    [string, StreamEntries]
  >;
  return streams.map(([key, entries]) => ({
    bucket: buckets.get(key)!,
    entries: entries.map(([id, [, accountId, , , , text]]) => ({
      id,
      accountId: accountId ?? "",
      text: text ?? "",
    })),
  }));
}

/**
 * Whether entries after a position were removed before they were read. The ledger keeps the entry at the position of
 * every reader that it waits for, so an outbox that begins later has lost some; to one who has read nothing yet it
 * has if it ever lost any.
 */
export async function hasLostEntries(redis: Redis, bucket: number, position: string): Promise<boolean> {
  const info = await streamInfo(redis, bucket);
  if (info === undefined) return false;
  if (position === nothingRead) return Number(info["entries-added"]) > Number(info.length);
  const first = (info["first-entry"] as readonly [string] | null)?.[0];
  return isLater(first ?? String(info["last-generated-id"]), position);
}

/** How far behind a position is. */
export async function readOutboxSpan(redis: Redis, bucket: number, position: string): Promise<OutboxSpan> {
  const key = outboxKey(bucket);
  const [next] = await redis.command<StreamEntries>(key, ["XRANGE", key, `(${position}`, "+", "COUNT", "1"]);
  if (next === undefined) return { behind: 0, oldestMs: undefined };
  const oldestMs = Number(next[0].split("-")[0]);
  const info = await streamInfo(redis, bucket);
  const first = (info?.["first-entry"] as readonly [string] | undefined)?.[0];
  const length = Number(info?.length ?? 0);
  // Counting exactly would read them; if the first one is new all are.
  if (first !== undefined && first === next[0]) return { behind: length, oldestMs };
  const after = await redis.command<StreamEntries>(key, [
    "XRANGE",
    key,
    `(${position}`,
    "+",
    "COUNT",
    String(countedEntries),
  ]);
  return { behind: after.length < countedEntries ? after.length : length, oldestMs };
}

/** Up to so many entries are counted one by one; beyond it the outbox's length is near enough. */
const countedEntries = 1_000;

async function streamInfo(redis: Redis, bucket: number): Promise<Record<string, unknown> | undefined> {
  const key = outboxKey(bucket);
  try {
    const reply = await redis.command<unknown>(key, ["XINFO", "STREAM", key]);
    return Array.isArray(reply) ? pairsOf(reply) : (reply as Record<string, unknown>);
  } catch (error) {
    if (error instanceof ErrorReply && error.message.includes("no such key")) return undefined;
    throw error;
  }
}

function pairsOf(flat: readonly unknown[]): Record<string, unknown> {
  const pairs: Array<[string, unknown]> = [];
  for (let at = 0; at + 1 < flat.length; at += 2) pairs.push([String(flat[at]), flat[at + 1]]);
  return Object.fromEntries(pairs);
}

/** Whether stream id `a` is later than `b`. */
export function isLater(a: string, b: string): boolean {
  const [aMs = 0, aNumber = 0] = a.split("-").map(Number);
  const [bMs = 0, bNumber = 0] = b.split("-").map(Number);
  return aMs > bMs || (aMs === bMs && aNumber > bNumber);
}

/**
 * Tells the ledger how far Monitoring has counted a bucket, so that it keeps what comes after. Gives whether the
 * ledger had given up waiting; the mark then stays unless `recovered` says that what was lost has been refilled.
 */
export async function beat(
  redis: Redis,
  bucket: number,
  position: string,
  recovered: boolean,
): Promise<{ lagged: boolean }> {
  const args = [readerId, position, recovered ? "1" : "0"];
  return { lagged: (await runScript<number>(redis, heartbeatScript, [readersKey(bucket)], args)) === 1 };
}
