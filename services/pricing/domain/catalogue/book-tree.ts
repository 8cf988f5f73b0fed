import { PricingError } from "../pricing-error.ts";
import { catalogueLimits as limits } from "./limits.ts";
import { type BookRecord, defaultPriceBook } from "./records.ts";

/**
 * Checks that the parents of a book end at "default" and are not too deep, by every parent that a book ever had:
 * usage of the past is priced by the books of then.
 *
 * @param books all of them, the changed one as it will be
 * @throws PricingError PRICE_BOOK_INVALID
 */
export function checkBookTree(books: Iterable<BookRecord>, changed: BookRecord): void {
  const parents = new Map<string, readonly string[]>();
  for (const { priceBook, settings } of [...books, changed])
    parents.set(
      priceBook,
      settings.map(({ parentBook }) => parentBook).filter((parent) => parent !== defaultPriceBook),
    );
  const depths = new Map<string, number>();
  const visiting = new Set<string>();
  const depthOf = (book: string): number => {
    const known = depths.get(book);
    if (known !== undefined) return known;
    if (visiting.has(book)) throw invalid(changed, "would be a circle");
    visiting.add(book);
    const depth = 1 + Math.max(0, ...(parents.get(book) ?? []).map(depthOf));
    visiting.delete(book);
    depths.set(book, depth);
    if (depth > limits.bookDepth) throw invalid(changed, `would be more than ${limits.bookDepth} deep`);
    return depth;
  };
  for (const book of parents.keys()) depthOf(book);
}

function invalid({ priceBook, settings }: BookRecord, why: string): PricingError {
  const parentBook = settings.at(-1)?.parentBook ?? "";
  return new PricingError("PRICE_BOOK_INVALID", `the parents of ${priceBook} ${why}`, {
    metadata: { parent_book: parentBook },
  });
}
