import { randomUUID } from "node:crypto";
import type { StoredDocument } from "#platform/documents/document.ts";
import { invalidField } from "#platform/errors/common-error.ts";
import { checkTerms } from "../engine/check-terms.ts";
import type { PriceTerms } from "../price-terms.ts";
import { PricingError } from "../pricing-error.ts";
import { priceNotFound } from "./catalogue-state.ts";
import { decideAnew, versionMismatch } from "./conflicts.ts";
import { headIds } from "./head-ids.ts";
import { digestOf, versionIdFor } from "./identity.ts";
import { changeLabels, type Labels } from "./labels.ts";
import { catalogueFull, catalogueLimits as limits } from "./limits.ts";
import type { LiveCatalogue } from "./live-catalogue.ts";
import { defaultPriceBook, type PriceRecord, type TermsVersion } from "./records.ts";
import { priceArchived } from "./select-price.ts";

/** What people say of a price. */
export interface PriceFacts {
  readonly displayName: string;
  readonly description: string;
  readonly provider: string;
  readonly mode: string;
}

/** A new price. */
export interface CreatePriceCommand extends PriceFacts {
  readonly priceId: string;
  readonly labels: Labels;
  readonly terms: PriceTerms;
  readonly effectiveFromMs: number | undefined;
  readonly comment: string;
}

/** A change of a price; what is undefined stays. */
export interface UpdatePriceCommand extends Partial<PriceFacts> {
  readonly priceId: string;
  /** What the change is based on. */
  readonly configVersion: number;
  readonly setLabels: Labels;
  readonly removeLabels: readonly string[];
  readonly terms: PriceTerms | undefined;
  readonly effectiveFromMs: number | undefined;
  readonly pinned: boolean | undefined;
  readonly restore: boolean;
  readonly comment: string;
}

/** Changes prices of the book "default". */
export class PriceEditor {
  readonly #catalogue: LiveCatalogue;

  constructor(catalogue: LiveCatalogue) {
    this.#catalogue = catalogue;
  }

  /** @throws PricingError PRICE_EXISTS, PRICE_INVALID, CATALOGUE_FULL */
  async create(command: CreatePriceCommand, subject: string): Promise<void> {
    checkTerms(command.terms, "terms");
    const { priceId, displayName, description, provider, mode, labels } = command;
    const creation = digestOf("create", command);
    await decideAnew(async () => {
      const existing = await this.#catalogue.store.heads.get(headIds.price(priceId));
      if (existing !== undefined) {
        if ((existing.value as PriceRecord).creation === creation) return;
        throw new PricingError("PRICE_EXISTS", `the price ${priceId} exists with other settings`, {
          metadata: { price_id: priceId },
        });
      }
      this.#requireRoom();
      const version = this.#versionOf(command, subject);
      const price: PriceRecord = {
        kind: "price",
        priceId,
        displayName,
        description,
        provider,
        mode,
        labels,
        sourceId: "",
        pinned: true,
        versions: [{ versionId: version.versionId, effectiveFromMs: version.effectiveFromMs }],
        createdAtMs: version.createdAtMs,
        creation,
        lastChange: creation,
        lastMade: version.versionId,
        comment: command.comment,
      };
      await this.#write(price, 0, version);
    });
  }

  /**
   * @returns the version that new terms made; undefined when none was made
   * @throws PricingError PRICE_NOT_FOUND, PRICE_ARCHIVED, PRICE_INVALID, CATALOGUE_FULL
   * @throws CommonError VERSION_MISMATCH
   */
  async update(command: UpdatePriceCommand, subject: string): Promise<string | undefined> {
    const { priceId, configVersion, terms, effectiveFromMs, comment } = command;
    if (terms !== undefined) checkTerms(terms, "terms");
    else if (effectiveFromMs !== undefined)
      throw invalidField("effective_from", "is for new terms, and there are none");
    const change = digestOf("update", command);
    return decideAnew(async () => {
      const { value: price, version: current } = await this.#read(priceId);
      if (current === configVersion + 1 && price.lastChange === change) return price.lastMade;
      if (current !== configVersion) throw versionMismatch(priceId, current);
      if (price.archivedAtMs !== undefined && !command.restore)
        throw priceArchived(priceId, price.archivedAtMs);
      const made =
        terms !== undefined && (await this.#differs(price, terms))
          ? this.#versionOf({ ...command, terms }, subject)
          : undefined;
      if (made !== undefined && price.versions.length >= limits.versionsOfPrice)
        throw catalogueFull("versions_of_a_price", limits.versionsOfPrice);
      const changed = changePrice(price, command, made);
      if (JSON.stringify(changed) === JSON.stringify(price)) return undefined;
      const { lastMade: _, ...rest } = changed;
      const written = {
        ...rest,
        lastChange: change,
        ...(made === undefined ? {} : { lastMade: made.versionId }),
        comment,
      };
      await this.#write(written, current, made);
      return made?.versionId;
    });
  }

  /** Takes a price out of use; one that is archived stays so. `configVersion` 0 means any. */
  async archive(priceId: string, configVersion: number, comment: string): Promise<void> {
    await decideAnew(async () => {
      const { value: price, version: current } = await this.#read(priceId);
      if (price.archivedAtMs !== undefined) return;
      if (configVersion !== 0 && configVersion !== current) throw versionMismatch(priceId, current);
      const { lastMade: _, ...rest } = price;
      const archived = {
        ...rest,
        archivedAtMs: this.#catalogue.now(),
        lastChange: digestOf("archive"),
        comment,
      };
      await this.#write(archived, current, undefined);
    });
  }

  async #read(priceId: string): Promise<StoredDocument<PriceRecord>> {
    const document = await this.#catalogue.store.heads.get(headIds.price(priceId));
    if (document === undefined)
      throw priceNotFound(priceId, defaultPriceBook, `there is no price ${priceId}`);
    return document as StoredDocument<PriceRecord>;
  }

  /** Whether terms are others than the newest ones. */
  async #differs(price: PriceRecord, terms: PriceTerms): Promise<boolean> {
    const versionId = price.versions.at(-1)?.versionId ?? "";
    await this.#catalogue.loadVersions([versionId]);
    return JSON.stringify(this.#catalogue.state.terms(versionId)?.terms) !== JSON.stringify(terms);
  }

  #versionOf(
    {
      priceId,
      terms,
      effectiveFromMs,
      comment,
    }: Pick<CreatePriceCommand, "priceId" | "terms" | "effectiveFromMs" | "comment">,
    subject: string,
  ): TermsVersion {
    const nowMs = this.#catalogue.now();
    return {
      kind: "terms",
      versionId: versionIdFor(priceId, randomUUID()),
      priceId,
      priceBook: defaultPriceBook,
      terms,
      effectiveFromMs: effectiveFromMs ?? nowMs,
      origin: "operator",
      importId: "",
      comment,
      createdBy: subject,
      createdAtMs: nowMs,
    };
  }

  #requireRoom(): void {
    if (this.#catalogue.state.prices.length >= limits.prices) throw catalogueFull("prices", limits.prices);
  }

  async #write(price: PriceRecord, expectedVersion: number, made: TermsVersion | undefined): Promise<void> {
    await this.#catalogue.write(made === undefined ? [] : [[made.versionId, made]], [
      { id: headIds.price(price.priceId), expectedVersion, value: price },
    ]);
  }
}

function changePrice(
  price: PriceRecord,
  command: UpdatePriceCommand,
  made: TermsVersion | undefined,
): PriceRecord {
  const { archivedAtMs, archivedBy, ...usable } = price;
  const { displayName, description, provider, mode, setLabels, removeLabels, terms, pinned, restore } =
    command;
  return {
    ...usable,
    ...(restore || archivedAtMs === undefined || archivedBy === undefined
      ? {}
      : { archivedAtMs, archivedBy }),
    displayName: displayName ?? price.displayName,
    description: description ?? price.description,
    provider: provider ?? price.provider,
    mode: mode ?? price.mode,
    labels: changeLabels(price.labels, setLabels, removeLabels),
    pinned: pinned ?? (price.pinned || terms !== undefined),
    versions:
      made === undefined
        ? price.versions
        : [...price.versions, { versionId: made.versionId, effectiveFromMs: made.effectiveFromMs }],
  };
}
