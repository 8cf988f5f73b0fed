import type { StoredDocument } from "#platform/documents/document.ts";
import type { SourceRecord } from "../feeds/records.ts";
import { PricingError } from "../pricing-error.ts";
import type { HeadRecord } from "./heads.ts";
import {
  type BookRecord,
  type BookVersion,
  defaultPriceBook,
  type OverrideRecord,
  type PriceRecord,
  type TermsVersion,
  type VersionRecord,
} from "./records.ts";

/** A head with what its document says. */
export interface Stored<R> {
  readonly record: R;
  /** Number of its changes: its config_version. */
  readonly version: number;
  readonly writtenAtMs: number;
}

const suggestedIds = 3;
/** Versions beyond those in force, kept because somebody asked for them. */
const keptVersions = 10_000;

/**
 * The catalogue in memory. It changes between two turns of the event loop only, so that what one turn reads fits
 * together.
 */
export class CatalogueState {
  readonly #prices = new Map<string, Stored<PriceRecord>>();
  readonly #books = new Map<string, Stored<BookRecord>>();
  /** By book, then by price. */
  readonly #overrides = new Map<string, Map<string, Stored<OverrideRecord>>>();
  readonly #sources = new Map<string, Stored<SourceRecord>>();
  readonly #versions = new Map<string, VersionRecord>();
  /** The oldest first. */
  readonly #askedFor = new Map<string, VersionRecord>();
  #ordered: ReadonlyArray<Stored<PriceRecord>> | undefined;
  #idsByLastPart: ReadonlyMap<string, readonly string[]> | undefined;

  /** Takes over a head, unless a later one is there. */
  take(document: StoredDocument<HeadRecord>): void {
    const { value: record, version, writtenAtMs, archived } = document;
    const stored = { record, version, writtenAtMs };
    switch (record.kind) {
      case "price":
        if (setNewer(this.#prices, record.priceId, stored as Stored<PriceRecord>, archived)) {
          this.#ordered = undefined;
          this.#idsByLastPart = undefined;
        }
        return;
      case "book":
        setNewer(this.#books, record.priceBook, stored as Stored<BookRecord>, archived);
        return;
      case "override": {
        let ofBook = this.#overrides.get(record.priceBook);
        if (ofBook === undefined) {
          ofBook = new Map();
          this.#overrides.set(record.priceBook, ofBook);
        }
        setNewer(ofBook, record.priceId, stored as Stored<OverrideRecord>, archived);
        return;
      }
      case "source":
        setNewer(this.#sources, record.sourceId, stored as Stored<SourceRecord>, archived);
        return;
      default:
    }
  }

  /** Takes over versions that heads name. */
  takeVersions(versions: readonly VersionRecord[]): void {
    for (const version of versions) this.#versions.set(idOf(version), version);
  }

  /** Takes over versions that somebody asked for; the oldest of them give way. */
  takeAskedFor(versions: readonly VersionRecord[]): void {
    for (const version of versions) this.#askedFor.set(idOf(version), version);
    for (const id of this.#askedFor.keys()) {
      if (this.#askedFor.size <= keptVersions) break;
      this.#askedFor.delete(id);
    }
  }

  /** Forgets every head, for a catalogue that begins anew. */
  forgetHeads(): void {
    for (const map of [this.#prices, this.#books, this.#overrides, this.#sources]) map.clear();
    this.#ordered = undefined;
    this.#idsByLastPart = undefined;
  }

  hasVersion(id: string): boolean {
    return this.#versions.has(id) || this.#askedFor.has(id);
  }

  terms(versionId: string): TermsVersion | undefined {
    const version = this.#versions.get(versionId) ?? this.#askedFor.get(versionId);
    return version?.kind === "terms" ? version : undefined;
  }

  change(changeId: string): BookVersion | undefined {
    const version = this.#versions.get(changeId) ?? this.#askedFor.get(changeId);
    return version?.kind === "change" ? version : undefined;
  }

  price(priceId: string): Stored<PriceRecord> | undefined {
    return this.#prices.get(priceId);
  }

  /** @throws PricingError PRICE_NOT_FOUND, with the ids that may have been meant. */
  requirePrice(priceId: string, priceBook: string = defaultPriceBook): Stored<PriceRecord> {
    const price = this.#prices.get(priceId);
    if (price !== undefined) return price;
    this.#idsByLastPart ??= Map.groupBy(this.#prices.keys(), lastPartOf);
    const near = (this.#idsByLastPart.get(lastPartOf(priceId)) ?? [])
      .toSorted((left, right) => left.length - right.length || (left < right ? -1 : 1))
      .slice(0, suggestedIds);
    const hint = near.length === 0 ? "" : `; perhaps ${near.join(" or ")} is meant`;
    throw priceNotFound(priceId, priceBook, `there is no price ${priceId}${hint}`);
  }

  /** @throws PricingError PRICE_BOOK_NOT_FOUND; empty means the book "default". */
  requireBook(priceBook: string): Stored<BookRecord> {
    const book = this.#books.get(priceBook === "" ? defaultPriceBook : priceBook);
    if (book === undefined) throw bookNotFound(priceBook);
    return book;
  }

  override(priceBook: string, priceId: string): Stored<OverrideRecord> | undefined {
    return this.#overrides.get(priceBook)?.get(priceId);
  }

  /** All overrides of a book. */
  overridesOf(priceBook: string): ReadonlyArray<Stored<OverrideRecord>> {
    return [...(this.#overrides.get(priceBook)?.values() ?? [])];
  }

  /** Every price, in order of id. */
  get prices(): ReadonlyArray<Stored<PriceRecord>> {
    this.#ordered ??= [...this.#prices.values()].sort((left, right) =>
      left.record.priceId < right.record.priceId ? -1 : 1,
    );
    return this.#ordered;
  }

  /** Every book, in order of id. */
  get books(): ReadonlyArray<Stored<BookRecord>> {
    return [...this.#books.values()].sort((left, right) =>
      left.record.priceBook < right.record.priceBook ? -1 : 1,
    );
  }

  /** Every price source, in order of id. */
  get sources(): ReadonlyArray<Stored<SourceRecord>> {
    return [...this.#sources.values()].sort((left, right) =>
      left.record.sourceId < right.record.sourceId ? -1 : 1,
    );
  }

  source(sourceId: string): Stored<SourceRecord> | undefined {
    return this.#sources.get(sourceId);
  }

  get overrideCount(): number {
    return this.#overrides.values().reduce((sum, ofBook) => sum + ofBook.size, 0);
  }
}

function setNewer<R>(map: Map<string, Stored<R>>, id: string, stored: Stored<R>, archived: boolean): boolean {
  if ((map.get(id)?.version ?? 0) > stored.version) return false;
  if (archived) map.delete(id);
  else map.set(id, stored);
  return true;
}

/** The refusal of a price that there is not. */
export function priceNotFound(priceId: string, priceBook: string, message: string): PricingError {
  return new PricingError("PRICE_NOT_FOUND", message, {
    metadata: { price_id: priceId, price_book: priceBook === "" ? defaultPriceBook : priceBook },
  });
}

/** The refusal of a book that there is not. */
export function bookNotFound(priceBook: string): PricingError {
  return new PricingError("PRICE_BOOK_NOT_FOUND", `there is no price book ${priceBook}`, {
    metadata: { price_book: priceBook },
  });
}

function idOf(version: VersionRecord): string {
  return version.kind === "terms" ? version.versionId : version.changeId;
}

function lastPartOf(priceId: string): string {
  return priceId.slice(priceId.lastIndexOf("/") + 1).toLowerCase();
}
