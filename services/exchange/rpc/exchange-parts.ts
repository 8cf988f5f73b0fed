import type { PageTokens } from "#platform/paging/page-token.ts";
import type { CurrencyDirectory } from "../domain/currency-directory.ts";
import type { RateBook } from "../domain/rate-book.ts";

/** What the handlers stand on. */
export interface ExchangeParts {
  readonly book: RateBook;
  readonly currencies: CurrencyDirectory;
  readonly pageTokens: PageTokens;
  /** The time, epoch milliseconds. */
  readonly now: () => number;
}
