import { bucketCount } from "#platform/redis/buckets.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { readAccountIds } from "../store/account-index.ts";
import { type AccountFilter, type AccountPage, type ListPosition, matchesFilter } from "./account-listing.ts";
import type { Ledger } from "./ledger.ts";
import type { AccountResult } from "./results.ts";

/** Accounts read for one page, whether they match or not: a filter that matches little stays cheap. */
const scannedPerPage = 5_000;
/** Buckets asked at once; most are empty in a small system. */
const bucketsAtOnce = 32;

/** Lists accounts in a stable order: bucket, then id. */
export class AccountDirectory {
  readonly #redis: Redis;
  readonly #ledger: Ledger;

  constructor(redis: Redis, ledger: Ledger) {
    this.#redis = redis;
    this.#ledger = ledger;
  }

  /**
   * A page of at most `pageSize` accounts after a position. It may be short or empty and still have a next
   * one, since a call reads a bounded number of accounts.
   */
  async list(filter: AccountFilter, after: ListPosition | undefined, pageSize: number): Promise<AccountPage> {
    const accounts: AccountResult[] = [];
    let position: ListPosition | undefined = after ?? { bucket: 0, afterId: "" };
    let scanned = 0;
    while (position !== undefined && accounts.length < pageSize && scanned < scannedPerPage) {
      const wanted = pageSize - accounts.length;
      const { ids, next } = await this.#readIds(filter.idPrefix, position, wanted);
      const read = await Promise.all(ids.map((id) => this.#ledger.getAccount(id)));
      accounts.push(...read.filter((account) => matchesFilter(account, filter)));
      scanned += ids.length;
      position = next;
    }
    return { accounts, next: position };
  }

  /** Up to `wanted` ids from a position on, and where the rest begins. */
  async #readIds(
    prefix: string,
    { bucket, afterId }: ListPosition,
    wanted: number,
  ): Promise<{ ids: string[]; next: ListPosition | undefined }> {
    const buckets = Array.from(
      { length: Math.min(bucketsAtOnce, bucketCount - bucket) },
      (_, index) => bucket + index,
    );
    const lists = await Promise.all(
      buckets.map((each, index) =>
        readAccountIds(this.#redis, each, prefix, index === 0 ? afterId : "", wanted),
      ),
    );
    const ids: string[] = [];
    for (const [index, list] of lists.entries()) {
      const taken = list.slice(0, wanted - ids.length);
      ids.push(...taken);
      const lastId = taken.at(-1);
      if (ids.length === wanted)
        return { ids, next: { bucket: bucket + index, afterId: lastId ?? (index === 0 ? afterId : "") } };
    }
    const nextBucket = bucket + buckets.length;
    return { ids, next: nextBucket < bucketCount ? { bucket: nextBucket, afterId: "" } : undefined };
  }
}
