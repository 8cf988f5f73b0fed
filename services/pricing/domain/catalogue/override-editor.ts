import { randomUUID } from "node:crypto";
import type { StoredDocument } from "#platform/documents/document.ts";
import { checkBookAdjustments, checkTerms } from "../engine/check-terms.ts";
import type { BookChange, PriceTerms } from "../price-terms.ts";
import { PricingError } from "../pricing-error.ts";
import { booksMark, requireOrdinary } from "./book-editor.ts";
import { bookNotFound, priceNotFound } from "./catalogue-state.ts";
import { decideAnew, versionMismatch } from "./conflicts.ts";
import { headIds } from "./head-ids.ts";
import type { HeadRecord } from "./heads.ts";
import { changeIdFor, digestOf, versionIdFor } from "./identity.ts";
import { catalogueFull, catalogueLimits as limits } from "./limits.ts";
import type { LiveCatalogue } from "./live-catalogue.ts";
import type { OverrideEntry, OverrideRecord, PriceRecord, VersionRecord } from "./records.ts";
import { priceArchived } from "./select-price.ts";

/** What a book says of one price, in place of what it said before. */
export interface SetOverrideCommand {
  readonly priceBook: string;
  readonly priceId: string;
  readonly override:
    | { readonly kind: "terms"; readonly terms: PriceTerms }
    | { readonly kind: "change"; readonly change: BookChange };
  readonly effectiveFromMs: number | undefined;
  /** 0: the book has none; undefined: any. */
  readonly configVersion: number | undefined;
  readonly comment: string;
}

/** Changes what books say of single prices. */
export class OverrideEditor {
  readonly #catalogue: LiveCatalogue;

  constructor(catalogue: LiveCatalogue) {
    this.#catalogue = catalogue;
  }

  /** @throws PricingError PRICE_BOOK_NOT_FOUND, PRICE_BOOK_PROTECTED, PRICE_NOT_FOUND, PRICE_ARCHIVED, PRICE_INVALID, CATALOGUE_FULL */
  async set(command: SetOverrideCommand, subject: string): Promise<void> {
    const { priceBook, priceId, override, configVersion } = command;
    requireOrdinary(priceBook);
    if (override.kind === "terms") checkTerms(override.terms, "terms");
    else checkBookAdjustments(override.change.adjustments, "adjustment.adjustments");
    const change = digestOf("set", command);
    await decideAnew(async () => {
      const price = await this.#requireBookAndPrice(priceBook, priceId);
      if (override.kind === "change") await this.#requireComponents(price, override.change);
      const existing = await this.#read(priceBook, priceId);
      const current = isActive(existing) ? existing.version : 0;
      if (configVersion !== undefined && configVersion !== current) {
        if (existing?.value.lastChange === change) return;
        throw versionMismatch(`the override of ${priceId} in ${priceBook}`, current);
      }
      // What a deleted book of the same name said stays deleted.
      const entries = existing === undefined || existing.archived ? [] : existing.value.entries;
      if (entries.length === 0 && this.#catalogue.state.overrideCount >= limits.overrides)
        throw catalogueFull("overrides", limits.overrides);
      if (entries.length >= limits.versionsOfPrice)
        throw catalogueFull("versions_of_an_override", limits.versionsOfPrice);
      const { entry, versions } = this.#entryOf(command, subject);
      await this.#write(
        { kind: "override", priceBook, priceId, entries: [...entries, entry], lastChange: change },
        existing?.version ?? 0,
        versions,
      );
    });
  }

  /**
   * Lets a book fall back to its parent from now on. `configVersion` 0 means any.
   *
   * @throws PricingError PRICE_BOOK_NOT_FOUND, BOOK_OVERRIDE_NOT_FOUND
   */
  async remove(
    command: {
      readonly priceBook: string;
      readonly priceId: string;
      readonly configVersion: number;
      readonly comment: string;
    },
    subject: string,
  ): Promise<void> {
    const { priceBook, priceId, configVersion, comment } = command;
    const change = digestOf("remove", command);
    await decideAnew(async () => {
      await this.#requireBook(priceBook);
      const existing = await this.#read(priceBook, priceId);
      if (existing?.value.lastChange === change && configVersion !== 0) return;
      if (!isActive(existing)) {
        throw new PricingError(
          "BOOK_OVERRIDE_NOT_FOUND",
          `the book ${priceBook} does not override ${priceId}`,
          {
            metadata: { price_book: priceBook, price_id: priceId },
          },
        );
      }
      if (configVersion !== 0 && configVersion !== existing.version)
        throw versionMismatch(`the override of ${priceId} in ${priceBook}`, existing.version);
      const nowMs = this.#catalogue.now();
      const none: OverrideEntry = {
        effectiveFromMs: nowMs,
        what: { kind: "none" },
        comment,
        createdBy: subject,
        createdAtMs: nowMs,
      };
      // What was to come does not come any more.
      const begun = existing.value.entries.filter(({ effectiveFromMs }) => effectiveFromMs <= nowMs);
      const record = { ...existing.value, entries: [...begun, none], lastChange: change };
      await this.#write(record, existing.version, []);
    });
  }

  async #requireBook(priceBook: string): Promise<void> {
    const book = await this.#catalogue.store.heads.get(headIds.book(priceBook));
    if (book === undefined || book.archived) throw bookNotFound(priceBook);
  }

  async #requireBookAndPrice(priceBook: string, priceId: string): Promise<PriceRecord> {
    await this.#requireBook(priceBook);
    const price = await this.#catalogue.store.heads.get(headIds.price(priceId));
    if (price?.value.kind !== "price")
      throw priceNotFound(priceId, priceBook, `there is no price ${priceId}`);
    const { archivedAtMs } = price.value;
    if (archivedAtMs !== undefined) throw priceArchived(priceId, archivedAtMs);
    return price.value;
  }

  /** Free units of a component that the price does not have would be given to nobody. */
  async #requireComponents({ versions }: PriceRecord, { freeUnits }: BookChange): Promise<void> {
    const versionId = versions.at(-1)?.versionId ?? "";
    await this.#catalogue.loadVersions([versionId]);
    const components = this.#catalogue.state.terms(versionId)?.terms.components ?? [];
    for (const [index, { componentId }] of freeUnits.entries()) {
      if (components.some((component) => component.componentId === componentId)) continue;
      const field = `adjustment.free_units[${index}].component_id`;
      const description = `the price has no component ${componentId}`;
      throw new PricingError("PRICE_INVALID", `${field}: ${description}`, {
        fields: [{ field, description }],
      });
    }
  }

  async #read(priceBook: string, priceId: string): Promise<StoredDocument<OverrideRecord> | undefined> {
    const document = await this.#catalogue.store.heads.get(headIds.override(priceBook, priceId));
    return document as StoredDocument<OverrideRecord> | undefined;
  }

  #entryOf(
    { priceBook, priceId, override, effectiveFromMs, comment }: SetOverrideCommand,
    subject: string,
  ): { readonly entry: OverrideEntry; readonly versions: ReadonlyArray<readonly [string, VersionRecord]> } {
    const nowMs = this.#catalogue.now();
    const from = { effectiveFromMs: effectiveFromMs ?? nowMs };
    const made = { comment, createdBy: subject, createdAtMs: nowMs };
    if (override.kind === "change") {
      const changeId = changeIdFor(priceBook, priceId, randomUUID());
      const version = { kind: "change", changeId, priceBook, priceId, change: override.change } as const;
      return {
        entry: { ...from, what: { kind: "change", changeId }, ...made },
        versions: [[changeId, version]],
      };
    }
    const versionId = versionIdFor(priceBook, priceId, randomUUID());
    const version = {
      kind: "terms",
      versionId,
      priceId,
      priceBook,
      terms: override.terms,
      ...from,
      origin: "operator",
      importId: "",
      ...made,
    } as const;
    return {
      entry: { ...from, what: { kind: "terms", versionId }, ...made },
      versions: [[versionId, version]],
    };
  }

  /** A book that is deleted meanwhile renews the mark, too: no override is left behind. */
  async #write(
    record: OverrideRecord,
    expectedVersion: number,
    versions: ReadonlyArray<readonly [string, VersionRecord]>,
  ): Promise<void> {
    const mark = await this.#catalogue.store.heads.get(booksMark);
    const value: HeadRecord = { kind: "mark", value: randomUUID() };
    await this.#requireBook(record.priceBook);
    await this.#catalogue.write(versions, [
      { id: booksMark, expectedVersion: mark?.version ?? 0, value },
      { id: headIds.override(record.priceBook, record.priceId), expectedVersion, value: record },
    ]);
  }
}

function isActive(
  document: StoredDocument<OverrideRecord> | undefined,
): document is StoredDocument<OverrideRecord> {
  return document !== undefined && !document.archived && document.value.entries.at(-1)?.what.kind !== "none";
}
