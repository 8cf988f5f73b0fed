import type { BookChange, DecimalText, PriceTerms } from "../price-terms.ts";

/** The book that holds every price. */
export const defaultPriceBook = "default";

/** How a version came about. */
export type PriceOrigin = "operator" | "import" | "rollback" | "bundled";

/** Immutable terms. Once a charge may name them they are there for ever. */
export interface TermsVersion {
  readonly kind: "terms";
  /** Unique in the system. */
  readonly versionId: string;
  readonly priceId: string;
  /** "default", or the book whose override they are. */
  readonly priceBook: string;
  readonly terms: PriceTerms;
  /** First moment in force, epoch milliseconds. */
  readonly effectiveFromMs: number;
  readonly origin: PriceOrigin;
  /** Empty when no import made them. */
  readonly importId: string;
  /** Why, for people. */
  readonly comment: string;
  /** Subject of the token that made them. */
  readonly createdBy: string;
  readonly createdAtMs: number;
}

/** Immutable change that a book makes to the terms of its parent; part of the ids of the versions it makes. */
export interface BookVersion {
  readonly kind: "change";
  readonly changeId: string;
  readonly priceBook: string;
  /** Empty for a change to every price. */
  readonly priceId: string;
  readonly change: BookChange;
}

/** What is written once and never changed. */
export type VersionRecord = TermsVersion | BookVersion;

/** When something of a timeline begins. */
export interface Effective {
  /** First moment in force, epoch milliseconds. */
  readonly effectiveFromMs: number;
}

/** A version in the timeline of its price. */
export interface VersionReference extends Effective {
  readonly versionId: string;
}

/** A price: what changes about it. Its terms are in versions. */
export interface PriceRecord {
  readonly kind: "price";
  readonly priceId: string;
  readonly displayName: string;
  readonly description: string;
  readonly provider: string;
  readonly mode: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Source that keeps it; empty means none. */
  readonly sourceId: string;
  /** An operator's change wins over sources. */
  readonly pinned: boolean;
  readonly archivedAtMs?: number;
  /** Who archived it: only what an import archived, an import brings back. */
  readonly archivedBy?: "operator" | "import";
  /** In the order in which they were made. At least one. */
  readonly versions: readonly VersionReference[];
  readonly createdAtMs: number;
  /** Digest of the call that created it, by which a repeat is known; empty where no call did. */
  readonly creation: string;
  /** Digest of the call that changed it last; likewise. */
  readonly lastChange: string;
  /** The version that the last change made; missing when it made none. */
  readonly lastMade?: string;
  /** Why it was changed last, for people. */
  readonly comment?: string;
}

/** What a book says for all prices of its parent, from a time on. */
export interface BookSetting extends Effective {
  readonly parentBook: string;
  readonly markupMultiplier: DecimalText;
  readonly discountPercent: DecimalText;
  /** The change that factor and discount make; empty when they change nothing. */
  readonly changeId: string;
}

/** A price book. */
export interface BookRecord {
  readonly kind: "book";
  readonly priceBook: string;
  readonly displayName: string;
  readonly description: string;
  readonly labels: Readonly<Record<string, string>>;
  /** In the order in which they were made; none for "default". */
  readonly settings: readonly BookSetting[];
  readonly createdAtMs: number;
  readonly creation: string;
  readonly lastChange: string;
}

/** What a book says of one price, from a time on: other terms, a change, or nothing any more. */
export interface OverrideEntry extends Effective {
  readonly what:
    | { readonly kind: "terms"; readonly versionId: string }
    | { readonly kind: "change"; readonly changeId: string }
    | { readonly kind: "none" };
  readonly comment: string;
  readonly createdBy: string;
  readonly createdAtMs: number;
}

/** What a book says of one price. */
export interface OverrideRecord {
  readonly kind: "override";
  readonly priceBook: string;
  readonly priceId: string;
  /** In the order in which they were made. At least one. */
  readonly entries: readonly OverrideEntry[];
  readonly lastChange: string;
}

/** Notes what was done to the catalogue as a whole. */
export interface MarkRecord {
  readonly kind: "mark";
  /** Counts, or names what was done. */
  readonly value: string;
}
