import { createHash } from "node:crypto";

/** Ids of heads. Names may be longer than a document's id, so of two the second stands as its digest. */
export const headIds = {
  price: (priceId: string) => `price:${priceId}`,
  book: (priceBook: string) => `book:${priceBook}`,
  override: (priceBook: string, priceId: string) => `override:${priceBook}:${digestOf(priceId)}`,
  /** How the ids of a book's overrides begin, and those of books whose names begin so. */
  overridesOf: (priceBook: string) => `override:${priceBook}:`,
  source: (sourceId: string) => `source:${sourceId}`,
  decision: (importId: string) => `decision:${importId}`,
  mark: (name: string) => `mark:${name}`,
} as const;

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}
