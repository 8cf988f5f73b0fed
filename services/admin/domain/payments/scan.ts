import { defaultPageSize } from "#platform/paging/page.ts";
import type { IndexPage } from "../../store/payments/time-index.ts";

/** A page of what matches. */
export interface ScanPage<T> {
  readonly items: readonly T[];
  /** Where to go on; undefined at the end. */
  readonly nextAfter: string | undefined;
}

/** Reads a part of an index. */
export type ReadEntries<T> = (after: string | undefined, limit: number) => Promise<IndexPage<T>>;

/** Entries that one call looks at. */
const mostScanned = 2_000;
const stepSize = 200;

/** A page of the entries that match; looks at a bounded number, so that it may be short and yet go on. */
export async function scan<T>(
  read: ReadEntries<T>,
  matches: (item: T) => boolean,
  pageSize: number,
  from: string | undefined,
): Promise<ScanPage<T>> {
  const wanted = pageSize === 0 ? defaultPageSize : pageSize;
  const items: T[] = [];
  let after = from;
  for (let scanned = 0; scanned < mostScanned; scanned += stepSize) {
    const page = await read(after, stepSize);
    for (const { member, item } of page.entries) {
      if (!matches(item)) continue;
      items.push(item);
      if (items.length === wanted) return { items, nextAfter: member };
    }
    if (page.nextAfter === undefined) return { items, nextAfter: undefined };
    after = page.nextAfter;
  }
  return { items, nextAfter: after };
}
