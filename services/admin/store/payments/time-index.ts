import type { Redis } from "#platform/redis/redis.ts";

/**
 * An index by time in a sorted set: all members have score 0 and are ordered by their bytes, a time of fixed
 * width and the id. So a page goes on after its last member, however many have the same time.
 */

/** Part of an index, newest first. Times are epoch milliseconds. */
export interface IndexRange {
  readonly fromMs?: number | undefined;
  /** Exclusive. */
  readonly untilMs?: number | undefined;
  /** The last member of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Part of an index with what its members name, newest first. */
export interface IndexPage<T> {
  readonly entries: ReadonlyArray<{ readonly member: string; readonly item: T }>;
  /** `after` of the next page; undefined if this was the last. */
  readonly nextAfter: string | undefined;
}

const timeDigits = 13;

/** The member for an id at a time. */
export function memberOf(timeMs: number, id: string): string {
  return `${padded(timeMs)}:${id}`;
}

/** Reads a range; `readItem` gives what an id names, or undefined if it is gone. */
export async function readPage<T>(
  redis: Redis,
  key: string,
  range: IndexRange,
  readItem: (id: string) => Promise<T | undefined>,
): Promise<IndexPage<T>> {
  const highest = range.after ?? (range.untilMs === undefined ? undefined : padded(range.untilMs));
  const members = await redis.command<string[]>(key, [
    "ZRANGE",
    key,
    highest === undefined ? "+" : `(${highest}`,
    `[${padded(range.fromMs ?? 0)}`,
    "BYLEX",
    "REV",
    "LIMIT",
    "0",
    String(range.limit),
  ]);
  const items = await Promise.all(members.map((member) => readItem(idOfMember(member))));
  return {
    entries: members.flatMap((member, index) => {
      const item = items[index];
      return item === undefined ? [] : [{ member, item }];
    }),
    nextAfter: members.length === range.limit ? members.at(-1) : undefined,
  };
}

/** The id in a member. */
function idOfMember(member: string): string {
  return member.slice(timeDigits + 1);
}

function padded(timeMs: number): string {
  return String(Math.min(Math.max(0, Math.floor(timeMs)), 10 ** timeDigits - 1)).padStart(timeDigits, "0");
}
