import {
  type AccountCounts,
  type AccountFigures,
  AccountTotals,
  type CurrencyTotals,
} from "./account-totals.ts";

/** One page of all accounts. */
export interface AccountPage {
  readonly accounts: readonly AccountFigures[];
  /** Empty at the end. */
  readonly nextPageToken: string;
}

/** Reads a page; the token of the first is empty. Throws an error whose message says why it cannot. */
export type AccountPageReader = (pageToken: string) => Promise<AccountPage>;

/** Bounds of one walk. */
export const walkLimits = { accounts: 20_000, pages: 1_000, durationMs: 8_000 } as const;

/** What a walk found, or why it did not get to the end. */
export type AccountSurvey =
  | {
      readonly complete: true;
      readonly asOfMs: number;
      readonly counts: AccountCounts;
      readonly totals: readonly CurrencyTotals[];
    }
  | { readonly complete: false; readonly reason: string };

/**
 * Counts and sums all accounts, page by page. Beyond the bounds there is no figure at all: part of a sum would
 * pass for the whole.
 *
 * @throws what reading a page throws.
 */
export async function walkAccounts(
  readPage: AccountPageReader,
  limits: { readonly accounts: number; readonly pages: number; readonly durationMs: number } = walkLimits,
): Promise<AccountSurvey> {
  const asOfMs = Date.now();
  const startedAtMs = performance.now();
  const sum = new AccountTotals();
  let pageToken = "";
  for (let pages = 1; ; pages++) {
    const page = await readPage(pageToken);
    for (const account of page.accounts) sum.add(account);
    if (sum.counts.total > limits.accounts) {
      return incomplete(`there are more than ${limits.accounts} accounts, too many to sum up one by one`);
    }
    if (page.nextPageToken === "") return { complete: true, asOfMs, counts: sum.counts, totals: sum.totals };
    if (pages >= limits.pages) return incomplete(`the list of accounts has more than ${limits.pages} pages`);
    if (performance.now() - startedAtMs > limits.durationMs)
      return incomplete(`summing up the accounts took more than ${limits.durationMs / 1_000} s`);
    pageToken = page.nextPageToken;
  }
}

function incomplete(reason: string): AccountSurvey {
  return { complete: false, reason };
}
