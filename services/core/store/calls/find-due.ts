import type { FunctionCall } from "../function-call.ts";
import { bucketKeys } from "../keys.ts";

/** A bucket whose index is read, and how many of its first due members are passed over. */
export interface IndexToRead {
  readonly bucket: number;
  readonly skip: number;
}

/** A member of the index whose time has come. */
export interface DueExpiry {
  readonly bucket: number;
  readonly member: string;
  /** Epoch milliseconds, by the clock of Redis. */
  readonly expiresMs: number;
}

/** Members of these buckets' indexes that were due at a time, at most `limit` of each, soonest first within it. */
export function findDueCall(
  indexes: readonly IndexToRead[],
  untilMs: number,
  limit: number,
): FunctionCall<DueExpiry[]> {
  return {
    name: "find_due",
    keys: () => indexes.map(({ bucket }) => bucketKeys(bucket).expiryIndex),
    args: () => [untilMs, limit, ...indexes.map(({ skip }) => skip)].map(String),
    parse: (reply) => {
      const lists = reply as string[][];
      if (!Array.isArray(lists) || lists.length !== indexes.length)
        throw new TypeError("find_due replied with something else than a list for each index");
      return lists.flatMap((list, at) => toExpiries(indexes[at]!.bucket, list));
    },
  };
}

/** From members and scores in turn. */
function toExpiries(bucket: number, list: readonly string[]): DueExpiry[] {
  const expiries: DueExpiry[] = [];
  for (let at = 0; at < list.length; at += 2)
    expiries.push({ bucket, member: list[at]!, expiresMs: Number(list[at + 1]) });
  return expiries;
}
