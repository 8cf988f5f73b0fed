import type { Redis } from "#platform/redis/redis.ts";
import { accountKeys } from "./keys.ts";

/** What names a hold besides its account. */
export interface HoldName {
  /** Sequence of the entry that made it. */
  readonly sequence: number;
  /** Creation day. */
  readonly day: number;
}

/** Names of an account's open holds, newest first; undefined if there are more than `most`. */
export async function readOpenHolds(
  redis: Redis,
  accountId: string,
  most: number,
): Promise<HoldName[] | undefined> {
  const { openHolds } = accountKeys(accountId);
  if ((await redis.command<number>(openHolds, ["HLEN", openHolds])) > most) return undefined;
  const fields = await redis.command<string[]>(openHolds, ["HKEYS", openHolds]);
  return fields
    .map((field) => {
      const [sequence, day] = field.split(".").map(Number);
      return { sequence: sequence!, day: day! };
    })
    .sort((a, b) => b.sequence - a.sequence);
}
