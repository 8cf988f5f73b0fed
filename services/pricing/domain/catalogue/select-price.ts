import type { BookStage } from "../engine/calculate-price.ts";
import { PricingError } from "../pricing-error.ts";
import { type CatalogueState, priceNotFound } from "./catalogue-state.ts";
import { catalogueLimits } from "./limits.ts";
import { type BookVersion, defaultPriceBook, type PriceRecord, type TermsVersion } from "./records.ts";
import { inForceAt, nextAfter } from "./timeline.ts";

/** Where a price is found: in a book at a time, or as this very version. */
export type PriceSelector =
  | { readonly kind: "book"; readonly priceBook: string; readonly atMs: number }
  | { readonly kind: "version"; readonly versionId: string };

/** Where the version of a price in a book at a time lies. */
export interface VersionPlace {
  /** The terms. */
  readonly versionId: string;
  /** Changes of books to them, from the book next to "default" on. */
  readonly changeIds: readonly string[];
  /** The book asked, or the first one that it falls back to and that says something of the price. */
  readonly priceBook: string;
  readonly effectiveFromMs: number;
  /** First moment at which another version is in force; undefined if none is known. */
  readonly effectiveUntilMs: number | undefined;
}

/** A version with all that belongs to it. */
export interface SelectedVersion {
  /** Stands for exactly these terms and changes. */
  readonly versionId: string;
  readonly terms: TermsVersion;
  readonly stages: readonly BookStage[];
  readonly priceBook: string;
}

/** What a version's id is made of: terms, then the changes of books. */
const idSeparator = "+";

/** The id of a version: that of its terms, with those of the changes that books make to it. */
export function versionIdOf({ versionId, changeIds }: Pick<VersionPlace, "versionId" | "changeIds">): string {
  return [versionId, ...changeIds].join(idSeparator);
}

/** The ids of records that a version's id names. */
export function recordIdsOf(versionId: string): string[] {
  return versionId.split(idSeparator);
}

/**
 * Where the version in force lies; before the first one, undefined.
 *
 * @throws PricingError PRICE_NOT_FOUND, PRICE_BOOK_NOT_FOUND
 */
export function findPlace(
  state: CatalogueState,
  priceId: string,
  priceBook: string,
  atMs: number,
): VersionPlace | undefined {
  const price = state.requirePrice(priceId, priceBook).record;
  const changeIds: string[] = [];
  const ends: number[] = [];
  let foundIn: string | undefined;
  let fromMs = Number.NEGATIVE_INFINITY;
  let book = priceBook === "" ? defaultPriceBook : priceBook;
  const note = (
    entry: { effectiveFromMs: number } | undefined,
    next: { effectiveFromMs: number } | undefined,
  ) => {
    if (entry !== undefined) fromMs = Math.max(fromMs, entry.effectiveFromMs);
    if (next !== undefined) ends.push(next.effectiveFromMs);
  };
  const placeOf = (versionId: string): VersionPlace => ({
    versionId,
    changeIds: changeIds.toReversed(),
    priceBook: foundIn ?? book,
    effectiveFromMs: fromMs,
    effectiveUntilMs: ends.length === 0 ? undefined : Math.min(...ends),
  });
  // The checks of changes bound the depth; one more is "default".
  for (let depth = 0; depth <= catalogueLimits.bookDepth; depth++) {
    const { settings } = state.requireBook(book).record;
    if (book === defaultPriceBook) {
      const reference = inForceAt(price.versions, atMs);
      note(reference, nextAfter(price.versions, atMs));
      return reference && placeOf(reference.versionId);
    }
    const entries = state.override(book, priceId)?.record.entries ?? [];
    const entry = inForceAt(entries, atMs);
    note(entry, nextAfter(entries, atMs));
    if (entry?.what.kind === "terms") return placeOf(entry.what.versionId);
    const setting = inForceAt(settings, atMs) ?? settings[0];
    note(setting?.changeId === "" ? undefined : setting, nextAfter(settings, atMs));
    const changeId = entry?.what.kind === "change" ? entry.what.changeId : (setting?.changeId ?? "");
    if (changeId !== "") {
      changeIds.push(changeId);
      foundIn ??= book;
    }
    book = setting?.parentBook ?? defaultPriceBook;
  }
  throw new Error(`the price book ${priceBook} has more parents than may be`);
}

/**
 * The version that a selector names, from memory; undefined when it names records that are not there.
 *
 * @throws PricingError PRICE_BOOK_NOT_FOUND, PRICE_NOT_FOUND (also before the first version), PRICE_ARCHIVED,
 *   PRICE_VERSION_NOT_FOUND when the version belongs to another price.
 */
export function selectVersion(
  state: CatalogueState,
  priceId: string,
  selector: PriceSelector,
): SelectedVersion | undefined {
  if (selector.kind === "version") return assemble(state, priceId, selector.versionId, undefined);
  const place = requirePlace(state, priceId, selector.priceBook, selector.atMs);
  return assemble(state, priceId, versionIdOf(place), place.priceBook);
}

/** The place of the version in force for a usage. */
export function requirePlace(
  state: CatalogueState,
  priceId: string,
  priceBook: string,
  atMs: number,
): VersionPlace {
  const { archivedAtMs, versions } = requireUsable(state, priceId, priceBook);
  if (archivedAtMs !== undefined && archivedAtMs <= atMs) throw priceArchived(priceId, archivedAtMs);
  const place = findPlace(state, priceId, priceBook, atMs);
  if (place !== undefined) return place;
  const firstMs = Math.min(...versions.map(({ effectiveFromMs }) => effectiveFromMs));
  throw priceNotFound(
    priceId,
    priceBook,
    `the price ${priceId} is in force only from ${new Date(firstMs).toISOString()}`,
  );
}

function requireUsable(state: CatalogueState, priceId: string, priceBook: string): PriceRecord {
  state.requireBook(priceBook);
  return state.requirePrice(priceId, priceBook).record;
}

/** The refusal of a price that is out of use. */
export function priceArchived(priceId: string, archivedAtMs: number): PricingError {
  const archivedAt = new Date(archivedAtMs).toISOString();
  return new PricingError("PRICE_ARCHIVED", `the price ${priceId} was archived at ${archivedAt}`, {
    metadata: { price_id: priceId, archived_at: archivedAt },
  });
}

function assemble(
  state: CatalogueState,
  priceId: string,
  versionId: string,
  priceBook: string | undefined,
): SelectedVersion | undefined {
  const [termsId = "", ...changeIds] = recordIdsOf(versionId);
  const terms = state.terms(termsId);
  const changes = changeIds.map((id) => state.change(id));
  if (terms === undefined || !changes.every((change) => change !== undefined)) return undefined;
  const isOfPrice = ({ priceId: own }: BookVersion) => own === "" || own === priceId;
  if (terms.priceId !== priceId || !changes.every(isOfPrice)) {
    throw versionNotFound(
      priceId,
      versionId,
      `the version ${versionId} belongs to another price, not to ${priceId}`,
    );
  }
  return {
    versionId,
    terms,
    stages: changes.map((change) => ({ priceBook: change.priceBook, change: change.change })),
    priceBook: priceBook ?? changes.at(-1)?.priceBook ?? terms.priceBook,
  };
}

/** The refusal of a version that there is not. */
export function versionNotFound(priceId: string, versionId: string, message: string): PricingError {
  return new PricingError("PRICE_VERSION_NOT_FOUND", message, {
    metadata: { price_id: priceId, price_version: versionId },
  });
}
