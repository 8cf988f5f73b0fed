import { PricingError } from "../pricing-error.ts";

/** Most of each kind that a catalogue holds; together they stay below what a collection of documents takes. */
export const catalogueLimits = {
  prices: 20_000,
  /** Of all prices and books together. */
  versions: 90_000,
  versionsOfPrice: 1_000,
  books: 1_000,
  overrides: 20_000,
  sources: 100,
  labels: 32,
  /** Books above each other, "default" not counted. */
  bookDepth: 8,
} as const;

/** The refusal beyond them. */
export function catalogueFull(kind: string, limit: number): PricingError {
  return new PricingError(
    "CATALOGUE_FULL",
    `there are ${limit} ${kind.replaceAll("_", " ")}, as many as may be`,
    {
      metadata: { kind, limit: String(limit) },
    },
  );
}
