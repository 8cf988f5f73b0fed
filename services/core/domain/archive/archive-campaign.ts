import { ErrorReply } from "@redis/client";
import { pause, systemClock } from "#platform/clock/clock.ts";
import { type Campaign, runWhileLeading } from "#platform/lease/run-while-leading.ts";
import { bucketCount } from "#platform/redis/buckets.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { readAccountIds } from "../../store/account-index.ts";
import { accountKeys } from "../../store/keys.ts";
import type { JournalArchiver } from "./journal-archiver.ts";

const leaseKey = "{core}:lease:archive";
const idsPerRead = 500;
/** Between the end of one round over all accounts and the next. */
const pauseMs = 60_000;

/** What an archiving round needs. */
export interface ArchiveOptions {
  readonly redis: Redis;
  readonly archiver: JournalArchiver;
  readonly onlineEntries: number;
  /** Told of an account whose journal could not be archived, and of a failed round. */
  readonly onError: (error: unknown) => void;
}

/** Looks for long journals, in one instance at a time, for ever. */
export function startArchiving(options: ArchiveOptions): Campaign {
  const { redis, onError } = options;
  return runWhileLeading({ redis, key: leaseKey, onError }, async (_, signal) => {
    for (;;) {
      await archiveLongJournals(options, signal);
      await pause(systemClock, pauseMs, signal);
      if (signal.aborted) return;
    }
  });
}

/** One round over all accounts; gives the number of entries that were archived. */
export async function archiveLongJournals(options: ArchiveOptions, signal: AbortSignal): Promise<number> {
  const { redis, archiver, onError } = options;
  let archived = 0;
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    let afterId = "";
    let ids: string[];
    do {
      if (signal.aborted) return archived;
      ids = await readAccountIds(redis, bucket, "", afterId, idsPerRead);
      for (const accountId of await longJournals(options, ids)) {
        archived += await archiver.archive(accountId, signal).catch((error: unknown) => {
          onError(error);
          return 0;
        });
      }
      afterId = ids.at(-1) ?? "";
    } while (ids.length === idsPerRead);
  }
  return archived;
}

async function longJournals(
  { redis, onlineEntries, onError }: ArchiveOptions,
  ids: readonly string[],
): Promise<string[]> {
  const lengths = await Promise.all(
    ids.map(async (id) => {
      const { journal } = accountKeys(id);
      try {
        return await redis.command<number>(journal, ["LLEN", journal]);
      } catch (error) {
        // A key of a wrong type is one account's trouble; without a store the round is over.
        if (!(error instanceof ErrorReply)) throw error;
        onError(error);
        return 0;
      }
    }),
  );
  return ids.filter((_, index) => lengths[index]! > onlineEntries);
}
