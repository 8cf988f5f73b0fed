import { randomUUID } from "node:crypto";
import type { StoredDocument } from "#platform/documents/document.ts";
import type { DocumentWrite } from "#platform/documents/document-collection.ts";
import { PricingError } from "../pricing-error.ts";
import { checkBookTree } from "./book-tree.ts";
import { bookNotFound } from "./catalogue-state.ts";
import { decideAnew, versionMismatch } from "./conflicts.ts";
import { headIds } from "./head-ids.ts";
import type { HeadRecord } from "./heads.ts";
import { changeIdFor, digestOf } from "./identity.ts";
import { changeLabels, type Labels } from "./labels.ts";
import { catalogueFull, catalogueLimits as limits } from "./limits.ts";
import type { LiveCatalogue } from "./live-catalogue.ts";
import { type BookRecord, type BookSetting, type BookVersion, defaultPriceBook } from "./records.ts";

/** What a book says for all prices of its parent. */
export interface BookTerms {
  readonly parentBook: string;
  readonly markupMultiplier: string;
  readonly discountPercent: string;
}

export interface CreateBookCommand extends BookTerms {
  readonly priceBook: string;
  readonly displayName: string;
  readonly description: string;
  readonly labels: Labels;
}

/** A change of a book; what is undefined stays. */
export interface UpdateBookCommand extends Partial<BookTerms> {
  readonly priceBook: string;
  readonly configVersion: number;
  readonly displayName: string | undefined;
  readonly description: string | undefined;
  readonly setLabels: Labels;
  readonly removeLabels: readonly string[];
  readonly effectiveFromMs: number | undefined;
  readonly comment: string;
}

/** Who knows which accounts name a book. */
export interface BookUsers {
  /** @throws CommonError PEER_UNAVAILABLE */
  hasAccountsOf(priceBook: string): Promise<boolean>;
}

/** A write that changes which books and overrides there are, or a book's parent, renews this mark. */
export const booksMark = headIds.mark("books");

/** Changes price books. */
export class BookEditor {
  readonly #catalogue: LiveCatalogue;
  readonly #users: BookUsers;

  constructor(catalogue: LiveCatalogue, users: BookUsers) {
    this.#catalogue = catalogue;
    this.#users = users;
  }

  /** @throws PricingError PRICE_BOOK_EXISTS, PRICE_BOOK_NOT_FOUND (the parent), PRICE_BOOK_INVALID, CATALOGUE_FULL */
  async create(command: CreateBookCommand): Promise<void> {
    const { priceBook, displayName, description, labels } = command;
    const creation = digestOf("create", command);
    await this.#changeBooks(async (books) => {
      const existing = await this.#find(priceBook);
      if (existing !== undefined) {
        if (existing.value.creation === creation) return undefined;
        throw new PricingError(
          "PRICE_BOOK_EXISTS",
          `the price book ${priceBook} exists with other settings`,
          {
            metadata: { price_book: priceBook },
          },
        );
      }
      if (books.length >= limits.books) throw catalogueFull("books", limits.books);
      requireParent(books, command.parentBook);
      const nowMs = this.#catalogue.now();
      const { setting, versions } = settingOf(priceBook, command, nowMs, nowMs);
      const book: BookRecord = {
        kind: "book",
        priceBook,
        displayName,
        description,
        labels,
        settings: [setting],
        createdAtMs: nowMs,
        creation,
        lastChange: creation,
      };
      checkBookTree(books, book);
      return { versions, writes: [await this.#writeOf(book)] };
    });
  }

  /** @throws PricingError PRICE_BOOK_NOT_FOUND, PRICE_BOOK_PROTECTED, PRICE_BOOK_INVALID, TIME_OUT_OF_RANGE */
  async update(command: UpdateBookCommand): Promise<void> {
    const { priceBook, configVersion } = command;
    const change = digestOf("update", command);
    await this.#changeBooks(async (books) => {
      const { value: book, version: current } = await this.#require(priceBook);
      if (current === configVersion + 1 && book.lastChange === change) return undefined;
      if (current !== configVersion) throw versionMismatch(priceBook, current);
      const nowMs = this.#catalogue.now();
      const effectiveFromMs = command.effectiveFromMs ?? nowMs;
      const terms = changedTerms(book, command);
      if (terms !== undefined) {
        requireOrdinary(priceBook);
        if (command.effectiveFromMs !== undefined && command.effectiveFromMs < nowMs)
          throw new PricingError("TIME_OUT_OF_RANGE", "effective_from must not lie in the past");
        requireParent(books, terms.parentBook);
        if (book.settings.length >= limits.versionsOfPrice)
          throw catalogueFull("versions_of_a_book", limits.versionsOfPrice);
      }
      const made = terms && settingOf(priceBook, terms, effectiveFromMs, nowMs);
      const changed: BookRecord = {
        ...book,
        displayName: command.displayName ?? book.displayName,
        description: command.description ?? book.description,
        labels: changeLabels(book.labels, command.setLabels, command.removeLabels),
        settings: made === undefined ? book.settings : [...book.settings, made.setting],
      };
      if (JSON.stringify(changed) === JSON.stringify(book)) return undefined;
      checkBookTree(books, changed);
      return {
        versions: made?.versions ?? [],
        writes: [
          {
            id: headIds.book(priceBook),
            expectedVersion: current,
            value: { ...changed, lastChange: change },
          },
        ],
      };
    });
  }

  /**
   * Deletes a book that nothing uses, with its overrides. `configVersion` 0 means any.
   *
   * @throws PricingError PRICE_BOOK_NOT_FOUND, PRICE_BOOK_PROTECTED, PRICE_BOOK_IN_USE
   */
  async delete(priceBook: string, configVersion: number): Promise<void> {
    requireOrdinary(priceBook);
    await this.#changeBooks(async (books) => {
      const { version: current } = await this.#require(priceBook);
      if (configVersion !== 0 && configVersion !== current) throw versionMismatch(priceBook, current);
      const isParent = books.some(({ settings }) =>
        settings.some(({ parentBook }) => parentBook === priceBook),
      );
      if (isParent || (await this.#users.hasAccountsOf(priceBook))) {
        const users = isParent ? "the parent of another book" : "named by accounts";
        throw new PricingError("PRICE_BOOK_IN_USE", `the price book ${priceBook} is ${users}`, {
          metadata: { price_book: priceBook },
        });
      }
      const overrides = await this.#overridesOf(priceBook);
      return {
        versions: [],
        writes: [
          { id: headIds.book(priceBook), expectedVersion: current, archive: true },
          ...overrides.map(({ id, version }) => ({ id, expectedVersion: version, archive: true as const })),
        ],
      };
    });
  }

  /**
   * A change that depends on other books than the one that it writes: no two of them pass each other, since each
   * renews the same mark.
   */
  async #changeBooks(
    decide: (books: readonly BookRecord[]) => Promise<
      | {
          readonly versions: readonly BookVersion[];
          readonly writes: ReadonlyArray<DocumentWrite<HeadRecord>>;
        }
      | undefined
    >,
  ): Promise<void> {
    const { store } = this.#catalogue;
    await decideAnew(async () => {
      const mark = await store.heads.get(booksMark);
      const books = (await store.listHeads("book:")).flatMap(({ value }) =>
        value.kind === "book" ? [value] : [],
      );
      const decided = await decide(books);
      if (decided === undefined) return;
      const value: HeadRecord = { kind: "mark", value: randomUUID() };
      await this.#catalogue.write(
        decided.versions.map((version) => [version.changeId, version]),
        [{ id: booksMark, expectedVersion: mark?.version ?? 0, value }, ...decided.writes],
      );
    });
  }

  async #overridesOf(priceBook: string): Promise<ReadonlyArray<StoredDocument<HeadRecord>>> {
    const prefix = headIds.overridesOf(priceBook);
    const documents = await this.#catalogue.store.listHeads(prefix);
    return documents.filter(({ value }) => value.kind === "override" && value.priceBook === priceBook);
  }

  async #find(priceBook: string): Promise<StoredDocument<BookRecord> | undefined> {
    const document = await this.#catalogue.store.heads.get(headIds.book(priceBook));
    return document === undefined || document.archived ? undefined : (document as StoredDocument<BookRecord>);
  }

  async #require(priceBook: string): Promise<StoredDocument<BookRecord>> {
    const document = await this.#find(priceBook);
    if (document === undefined) throw bookNotFound(priceBook);
    return document;
  }

  async #writeOf(book: BookRecord): Promise<DocumentWrite<HeadRecord>> {
    const id = headIds.book(book.priceBook);
    // A deleted book of the same name is still there, archived.
    const former = await this.#catalogue.store.heads.get(id);
    return { id, expectedVersion: former?.version ?? 0, value: book };
  }
}

/** @throws PricingError PRICE_BOOK_PROTECTED for the book "default". */
export function requireOrdinary(priceBook: string): void {
  if (priceBook !== defaultPriceBook) return;
  throw new PricingError(
    "PRICE_BOOK_PROTECTED",
    `the book ${defaultPriceBook} holds every price as it is: it has no parent, factor, discount or overrides`,
    { metadata: { price_book: priceBook } },
  );
}

function requireParent(books: readonly BookRecord[], parentBook: string): void {
  if (!books.some(({ priceBook }) => priceBook === parentBook)) throw bookNotFound(parentBook);
}

/** The book's parent, factor and discount after a change; undefined if it touches none. */
function changedTerms(book: BookRecord, command: UpdateBookCommand): BookTerms | undefined {
  const { parentBook, markupMultiplier, discountPercent } = command;
  if (parentBook === undefined && markupMultiplier === undefined && discountPercent === undefined)
    return undefined;
  const newest = book.settings.at(-1);
  const terms = {
    parentBook: parentBook ?? newest?.parentBook ?? defaultPriceBook,
    markupMultiplier: markupMultiplier ?? newest?.markupMultiplier ?? "1",
    discountPercent: discountPercent ?? newest?.discountPercent ?? "0",
  };
  const isSame =
    terms.parentBook === newest?.parentBook &&
    terms.markupMultiplier === newest.markupMultiplier &&
    terms.discountPercent === newest.discountPercent;
  return isSame ? undefined : terms;
}

/** What a book says from a time on, with the change that it makes to its parent's prices. */
function settingOf(
  priceBook: string,
  { parentBook, markupMultiplier, discountPercent }: BookTerms,
  effectiveFromMs: number,
  nowMs: number,
): { readonly setting: BookSetting; readonly versions: readonly BookVersion[] } {
  const setting = { effectiveFromMs, parentBook, markupMultiplier, discountPercent };
  if (markupMultiplier === "1" && discountPercent === "0")
    return { setting: { ...setting, changeId: "" }, versions: [] };
  const changeId = changeIdFor(priceBook, nowMs, randomUUID());
  const adjustments = { markupMultiplier, discountPercent, scope: "usage" as const };
  const version: BookVersion = {
    kind: "change",
    changeId,
    priceBook,
    priceId: "",
    change: { adjustments, freeUnits: [] },
  };
  return { setting: { ...setting, changeId }, versions: [version] };
}
