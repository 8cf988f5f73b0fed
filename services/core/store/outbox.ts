import { ErrorReply } from "@redis/client";
import type { Redis } from "#platform/redis/redis.ts";
import { decodeEntry, type JournalEntry } from "./journal-entry.ts";
import { bucketKeys } from "./keys.ts";

/** An entry as it was published. */
export interface PublishedEntry {
  readonly accountId: string;
  readonly entry: JournalEntry;
}

/** What was published in a bucket after a position. */
export interface OutboxRead {
  readonly bucket: number;
  /** Id of the last of the entries. */
  readonly position: string;
  readonly published: readonly PublishedEntry[];
}

/** What an outbox holds. */
export interface OutboxSpan {
  /** Id of the oldest entry that is still there; undefined if none is. */
  readonly firstId: string | undefined;
  /** Id of the last entry ever; `0-0` if there was none. */
  readonly lastId: string;
}

const entriesPerRead = "100";

/**
 * What was published after the positions; gives only buckets with something new. On a single server one command
 * for all buckets, which waits up to `waitMs`; on a cluster one for each, without waiting, since the streams of
 * one command must lie in one slot and a waiting one would hold up the others.
 */
export async function readOutboxes(
  connection: Redis,
  positions: ReadonlyMap<number, string>,
  waitMs: number,
): Promise<OutboxRead[]> {
  if (!connection.isCluster) return readStreams(connection, [...positions], ["BLOCK", String(waitMs)]);
  return (await Promise.all([...positions].map((one) => readStreams(connection, [one], [])))).flat();
}

type StreamEntries = ReadonlyArray<readonly [id: string, fields: readonly string[]]>;

async function readStreams(
  connection: Redis,
  positions: ReadonlyArray<readonly [bucket: number, position: string]>,
  waiting: readonly string[],
): Promise<OutboxRead[]> {
  const buckets = new Map(positions.map(([bucket]) => [bucketKeys(bucket).outbox, bucket]));
  const keys = [...buckets.keys()];
  const command = ["XREAD", "COUNT", entriesPerRead, ...waiting, "STREAMS", ...keys];
  const reply = await connection.command<unknown>(keys[0]!, [...command, ...positions.map(([, id]) => id)]);
  if (reply === null) return [];
  // A list of pairs in RESP2, a map in RESP3.
  const streams = (Array.isArray(reply) ? reply : Object.entries(reply as object)) as Array<
    [string, StreamEntries]
  >;
  return streams.map(([key, entries]) => ({
    bucket: buckets.get(key)!,
    position: entries.at(-1)![0],
    published: entries.map(([, [, accountId, , , , text]]) => ({
      accountId: accountId!,
      entry: decodeEntry(text!),
    })),
  }));
}

/** What a bucket's outbox holds now. */
export async function readOutboxSpan(redis: Redis, bucket: number): Promise<OutboxSpan> {
  const key = bucketKeys(bucket).outbox;
  try {
    const reply = await redis.command<unknown>(key, ["XINFO", "STREAM", key]);
    const facts = Array.isArray(reply) ? pairsOf(reply) : (reply as Record<string, unknown>);
    const first = facts["first-entry"] as readonly [string] | null;
    return { firstId: first?.[0], lastId: String(facts["last-generated-id"]) };
  } catch (error) {
    if (error instanceof ErrorReply && error.message.includes("no such key"))
      return { firstId: undefined, lastId: "0-0" };
    throw error;
  }
}

function pairsOf(flat: readonly unknown[]): Record<string, unknown> {
  const pairs: Array<[string, unknown]> = [];
  for (let at = 0; at + 1 < flat.length; at += 2) pairs.push([String(flat[at]), flat[at + 1]]);
  return Object.fromEntries(pairs);
}
