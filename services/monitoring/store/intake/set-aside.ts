import type { Redis } from "#platform/redis/redis.ts";
import type { ShardWrite } from "../shard-commit.ts";
import { ledgerShards, shardKey } from "../shard-keys.ts";

/** Something of the ledger that could not be read, kept for a person to look at. */
export interface SetAside {
  /** Bucket and id of the outbox entry; undefined if it was the journal that could not be read. */
  readonly entry: { readonly bucket: number; readonly id: string } | undefined;
  readonly accountId: string;
  /** The entry as it stands in the outbox; empty without one. */
  readonly text: string;
  readonly reason: string;
  /** Whether the journal gave the event all the same; if not, no figure has it. */
  readonly outcome: SetAsideOutcome;
}

export const setAsideOutcomes = ["refilled", "missing"] as const;
export type SetAsideOutcome = (typeof setAsideOutcomes)[number];

/** Of each shard; the oldest are forgotten first. */
const mostKept = "1000";
const mostTextKept = 4_096;
const mostReasonKept = 500;

const setAsideKey = (shard: string) => shardKey(shard, "set-aside");

/** The write that keeps it, in the step in which the intake goes on. */
export function setAsideWrite(shard: string, found: SetAside): ShardWrite {
  const { entry, accountId, text, reason, outcome } = found;
  const position = entry === undefined ? "" : `${entry.bucket}/${entry.id}`;
  const fields = {
    outcome,
    account: accountId.slice(0, 256),
    entry: position,
    reason: reason.slice(0, mostReasonKept),
    text: text.slice(0, mostTextKept),
  };
  return {
    command: "XADD",
    key: setAsideKey(shard),
    args: ["MAXLEN", mostKept, "*", ...Object.entries(fields).flat()],
  };
}

/** How much was set aside since a time, in all shards, by what became of the events; at most 1,000 for each shard. */
export async function countSetAside(redis: Redis, sinceMs: number): Promise<Record<SetAsideOutcome, number>> {
  const counts = { refilled: 0, missing: 0 };
  await Promise.all(
    ledgerShards.map(async (shard) => {
      const key = setAsideKey(shard);
      const entries = await redis.command<Array<[id: string, fields: string[]]>>(key, [
        "XRANGE",
        key,
        String(sinceMs),
        "+",
      ]);
      for (const [, [, outcome]] of entries) counts[outcome as SetAsideOutcome] += 1;
    }),
  );
  return counts;
}
