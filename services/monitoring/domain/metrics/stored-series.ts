import { bucketOf } from "#platform/redis/buckets.ts";
import type { SeriesStore } from "../../store/series-store.ts";
import { ledgerShards, recordedShard, shardOfBucket } from "../../store/shard-keys.ts";
import type { SeriesSource } from "./series-groups.ts";

/** Series as they are stored: an account's in the shard of its bucket, those of events in every ledger shard. */
export function createStoredSeries(store: SeriesStore): SeriesSource {
  return {
    listSeries: ({ name, origin }, accountId) =>
      accountId === undefined
        ? store.listSeries(name, origin === "events" ? ledgerShards : [recordedShard])
        : store.listAccountSeries(name, shardOfBucket(bucketOf(accountId)), accountId),
    readPoints: (metric, parts, accountId, { letter }, first, last) =>
      store.readPoints(metric, parts, accountId, letter, first, last),
  };
}
