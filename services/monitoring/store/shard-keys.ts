/** The shards of what the ledger's events are counted into; each follows the outboxes of 32 buckets. */
export const ledgerShards: readonly string[] = Array.from({ length: 8 }, (_, number) => String(number));

/** The shard of what services record and expose. */
export const recordedShard = "recorded";

/** The shard that counts the events of a bucket. */
export function shardOfBucket(bucket: number): string {
  return ledgerShards[bucket % ledgerShards.length]!;
}

/** A key in the slot of a shard. */
export function shardKey(shard: string, name: string): string {
  return `{monitoring:${shard}}:${name}`;
}

/** Points of a series: a hash of up to 120, by their position. */
export function pointsKey(
  shard: string,
  resolution: string,
  chunk: number,
  metric: string,
  labels: string,
  accountId: string | undefined,
): string {
  const owner = accountId === undefined ? "" : `@${accountId}`;
  return shardKey(shard, `p:${resolution}:${chunk}:${metric}${owner}:${labels}`);
}

/** The label values of a metric's series: a set. */
export function seriesKey(shard: string, metric: string): string {
  return shardKey(shard, `series:${metric}`);
}

/** The series of an account: a set of `<metric> <label values>`. */
export function accountSeriesKey(shard: string, accountId: string): string {
  return shardKey(shard, `series@${accountId}`);
}
