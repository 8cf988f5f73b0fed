import { bucketOf, bucketTags } from "#platform/redis/buckets.ts";

/** Keys that a bucket has once. */
export interface BucketKeys {
  /** Account ids in order of their bytes. */
  readonly listing: string;
  /** Holds and grants by the time of their expiry. */
  readonly expiryIndex: string;
  /** Stream of journal entries for readers of the whole system. */
  readonly outbox: string;
  /** How far each reader of the outbox is. */
  readonly outboxReaders: string;
  /** What database the bucket belongs to. */
  readonly genesis: string;
}

/** The keys of bucket 0 to 255. */
export function bucketKeys(bucket: number): BucketKeys {
  const prefix = prefixOf(bucket);
  return {
    listing: `${prefix}n`,
    expiryIndex: `${prefix}x`,
    outbox: `${prefix}o`,
    outboxReaders: `${prefix}w`,
    genesis: `${prefix}genesis`,
  };
}

/** Keys of an account; all of its operations lie in the one bucket that the account is in. */
export interface AccountKeys extends BucketKeys {
  readonly account: string;
  readonly grants: string;
  readonly openHolds: string;
  readonly journal: string;
  readonly references: string;
  readonly refunds: string;
  /** Names of the files with archived entries, by the last sequence of each. */
  readonly archive: string;
  /** Holds of a creation day (days since 1970, UTC) that were settled. */
  settledHolds(day: number): string;
  /** Idempotency records written on a day. */
  idempotency(day: number): string;
}

/** The keys of an account. */
export function accountKeys(accountId: string): AccountKeys {
  const bucket = bucketOf(accountId);
  const prefix = prefixOf(bucket);
  return {
    ...bucketKeys(bucket),
    account: `${prefix}a:${accountId}`,
    grants: `${prefix}g:${accountId}`,
    openHolds: `${prefix}h:${accountId}`,
    journal: `${prefix}j:${accountId}`,
    references: `${prefix}e:${accountId}`,
    refunds: `${prefix}r:${accountId}`,
    archive: `${prefix}z:${accountId}`,
    settledHolds: (day) => `${prefix}s:${accountId}:${day}`,
    idempotency: (day) => `${prefix}i:${accountId}:${day}`,
  };
}

/** The first eight keys of every function that moves money, in the order that `functions/book.lua` states. */
export function commonKeys(keys: AccountKeys, day: number): string[] {
  return [
    keys.account,
    keys.journal,
    keys.outbox,
    keys.grants,
    keys.expiryIndex,
    keys.idempotency(day),
    keys.idempotency(day - 1),
    keys.idempotency(day - 2),
  ];
}

/** The common keys and the external references: what debits and credits take. */
export function postingKeys(keys: AccountKeys, day: number): string[] {
  return [...commonKeys(keys, day), keys.references];
}

/** The common keys, those of a hold created on `holdDay`, and the external references. */
export function holdKeys(keys: AccountKeys, day: number, holdDay: number): string[] {
  return [...commonKeys(keys, day), keys.openHolds, keys.settledHolds(holdDay), keys.references];
}

/** Keys that the self-test of a bucket uses for itself alone, in the order of `functions/self-test.lua`. */
export function selfTestKeys(bucket: number): string[] {
  return Array.from({ length: 15 }, (_, index) => `${prefixOf(bucket)}self-test:${index + 1}`);
}

function prefixOf(bucket: number): string {
  return `{${bucketTags[bucket]}}:`;
}

const bucketsByTag: ReadonlyMap<string, number> = new Map(bucketTags.map((tag, bucket) => [tag, bucket]));

/** The bucket that a key lies in; undefined for a key of something else. */
export function bucketOfKey(key: string): number | undefined {
  return key.startsWith("{") ? bucketsByTag.get(key.slice(1, key.indexOf("}"))) : undefined;
}

/** The genesis key of the bucket that a key lies in. */
export function genesisKeyOf(key: string): string {
  return `${key.slice(0, key.indexOf("}:") + 2)}genesis`;
}

/** The account of an account's own key. */
export function accountIdOf(accountKey: string): string {
  return accountKey.slice(accountKey.indexOf("}:a:") + 4);
}
