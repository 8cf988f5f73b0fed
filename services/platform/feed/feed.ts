import type { Redis } from "../redis/redis.ts";
import { createScript, readLua, runScript } from "../redis/script.ts";

/** Greatest size of one change in bytes; with the 4,096 changes that are kept it bounds a feed's memory. */
export const greatestChangeBytes = 4_096;

/** Lua for scripts that publish in the same step as the change itself; its head says how. */
export const feedLua = readLua(import.meta.url, "./feed.lua");

const publishScript = createScript(
  "write",
  feedLua,
  "return feed_publish(KEYS[1], feed_position(KEYS[1]), ARGV[1])",
);
const positionScript = createScript("read", feedLua, "return feed_position(KEYS[1])");

/**
 * Publishes a change of something that does not lie in the feed's slot. What does publishes in the script that
 * changes it.
 */
export async function publishChange(redis: Redis, key: string, data: string): Promise<void> {
  if (Buffer.byteLength(data) > greatestChangeBytes)
    throw new RangeError(`a change has at most ${greatestChangeBytes} bytes`);
  await runScript(redis, publishScript, [key], [data]);
}

/** The id of the last change that was published; `0-0` if there was none. */
export function readFeedPosition(redis: Redis, key: string): Promise<string> {
  return runScript<string>(redis, positionScript, [key], []);
}

/** One entry of a feed. */
export interface Change {
  /** `<epoch ms>-<number>`; grows. */
  readonly id: string;
  /** Id of the change before it. */
  readonly after: string;
  /** As it was published. */
  readonly data: string;
}

/** Waits up to `waitMs` for changes after a position; blocks the connection meanwhile. */
export async function readChanges(
  connection: Redis,
  key: string,
  position: string,
  waitMs: number,
): Promise<Change[]> {
  const command = ["XREAD", "COUNT", "500", "BLOCK", String(waitMs), "STREAMS", key, position];
  const reply = await connection.command<unknown>(key, command);
  if (reply === null) return [];
  // One stream and its entries: a list of pairs in RESP2, a map in RESP3.
  const entries = Array.isArray(reply) ? reply[0]?.[1] : (reply as Record<string, unknown>)[key];
  return (entries as Array<[id: string, fields: string[]]>).map(([id, fields]) => ({
    id,
    after: fields[fields.indexOf("after") + 1] ?? "",
    data: fields[fields.indexOf("data") + 1] ?? "",
  }));
}

/** Whether position `a` of a feed lies after `b`. */
export function isLaterPosition(a: string, b: string): boolean {
  const [aMs = 0, aNumber = 0] = a.split("-").map(Number);
  const [bMs = 0, bNumber = 0] = b.split("-").map(Number);
  return aMs > bMs || (aMs === bMs && aNumber > bNumber);
}
