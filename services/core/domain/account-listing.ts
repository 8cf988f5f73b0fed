import type { AccountState } from "./account.ts";
import type { AccountResult } from "./results.ts";

/** Which accounts to list; everything given must match. */
export interface AccountFilter {
  /** Empty means any. */
  readonly idPrefix: string;
  /** Empty means any. */
  readonly currencyCode: string;
  /** Undefined means any. */
  readonly state: AccountState | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Undefined means any; empty means the default book. */
  readonly priceBook: string | undefined;
}

/** Where a list goes on: after this account of this bucket. */
export interface ListPosition {
  readonly bucket: number;
  /** Empty means from the beginning of the bucket. */
  readonly afterId: string;
}

/** A page of accounts. */
export interface AccountPage {
  readonly accounts: readonly AccountResult[];
  /** Undefined at the end. */
  readonly next: ListPosition | undefined;
}

/** Whether an account is one of those asked for; the prefix is the index's matter. */
export function matchesFilter({ account }: AccountResult, filter: AccountFilter): boolean {
  const { labels, priceBook } = account.settings;
  if (filter.currencyCode !== "" && account.currencyCode !== filter.currencyCode) return false;
  if (filter.state !== undefined && account.state !== filter.state) return false;
  if (filter.priceBook !== undefined && priceBook !== filter.priceBook) return false;
  return Object.entries(filter.labels).every(([name, value]) => labels[name] === value);
}
