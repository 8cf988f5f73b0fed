import type { StoredDocument } from "#platform/documents/document.ts";
import type { FieldViolation } from "#platform/errors/service-error.ts";
import type { SourceStatusStore } from "../../store/source-status-store.ts";
import { decideAnew, versionMismatch } from "../catalogue/conflicts.ts";
import { headIds } from "../catalogue/head-ids.ts";
import { digestOf } from "../catalogue/identity.ts";
import { catalogueFull, catalogueLimits as limits } from "../catalogue/limits.ts";
import type { LiveCatalogue } from "../catalogue/live-catalogue.ts";
import type { PriceRecord } from "../catalogue/records.ts";
import { PricingError } from "../pricing-error.ts";
import type { SourceRecord } from "./records.ts";
import type { SourceReader, SourceStatus } from "./source-reader.ts";
import type { SourceSettings } from "./source-settings.ts";

/** @throws PricingError FEED_ADDRESS_REFUSED */
export type CheckLocation = (sourceId: string, settings: SourceSettings) => void;

/** Changes price sources. */
export class SourceEditor {
  readonly #catalogue: LiveCatalogue;
  readonly #reader: SourceReader;
  readonly #statuses: SourceStatusStore<SourceStatus>;
  readonly #checkLocation: CheckLocation;

  constructor(
    catalogue: LiveCatalogue,
    reader: SourceReader,
    statuses: SourceStatusStore<SourceStatus>,
    checkLocation: CheckLocation,
  ) {
    this.#catalogue = catalogue;
    this.#reader = reader;
    this.#statuses = statuses;
    this.#checkLocation = checkLocation;
  }

  /** @throws PricingError PRICE_SOURCE_EXISTS, PRICE_SOURCE_INVALID, FEED_ADDRESS_REFUSED, CATALOGUE_FULL */
  async create(sourceId: string, settings: SourceSettings): Promise<void> {
    checkSettings(settings);
    const creation = digestOf("create", sourceId, settings);
    await decideAnew(async () => {
      const existing = await this.#catalogue.store.heads.get(headIds.source(sourceId));
      if (existing !== undefined && !existing.archived) {
        if ((existing.value as SourceRecord).creation === creation) return;
        throw new PricingError(
          "PRICE_SOURCE_EXISTS",
          `the price source ${sourceId} exists with other settings`,
          {
            metadata: { source_id: sourceId },
          },
        );
      }
      this.#checkLocation(sourceId, settings);
      if (this.#catalogue.state.sources.length >= limits.sources)
        throw catalogueFull("sources", limits.sources);
      const record: SourceRecord = {
        kind: "source",
        sourceId,
        settings,
        createdAtMs: this.#catalogue.now(),
        creation,
        lastChange: creation,
      };
      await this.#write(record, existing?.version ?? 0);
    });
  }

  /** @throws PricingError PRICE_SOURCE_NOT_FOUND, PRICE_SOURCE_INVALID, FEED_ADDRESS_REFUSED */
  async update(sourceId: string, configVersion: number, settings: SourceSettings): Promise<void> {
    checkSettings(settings);
    const change = digestOf("update", sourceId, configVersion, settings);
    await decideAnew(async () => {
      const { value: source, version: current } = await this.require(sourceId);
      if (current === configVersion + 1 && source.lastChange === change) return;
      if (current !== configVersion) throw versionMismatch(sourceId, current);
      this.#checkLocation(sourceId, settings);
      await this.#write({ ...source, settings, lastChange: change }, current);
    });
  }

  /**
   * Deletes a source; its prices become the operator's. `configVersion` 0 means any.
   *
   * @throws PricingError PRICE_SOURCE_NOT_FOUND, IMPORT_IN_PROGRESS
   */
  async delete(sourceId: string, configVersion: number): Promise<void> {
    await this.#reader.inTurn(sourceId, () =>
      decideAnew(async () => {
        const { version: current } = await this.require(sourceId);
        if (configVersion !== 0 && configVersion !== current) throw versionMismatch(sourceId, current);
        const latest = headIds.mark(`latest:${sourceId}`);
        const mark = await this.#catalogue.store.heads.get(latest);
        const own = await this.#pricesOf(sourceId);
        await this.#catalogue.write(
          [],
          [
            { id: headIds.source(sourceId), expectedVersion: current, archive: true },
            // What waits in its imports has no latest reading any more.
            ...(mark === undefined
              ? []
              : [{ id: latest, expectedVersion: mark.version, value: { kind: "mark" as const, value: "" } }]),
            ...own.map(({ id, version, value }) => ({
              id,
              expectedVersion: version,
              value: { ...value, sourceId: "" },
            })),
          ],
        );
      }),
    );
    await this.#statuses.delete(sourceId);
  }

  async #pricesOf(sourceId: string): Promise<ReadonlyArray<StoredDocument<PriceRecord>>> {
    const kept = this.#catalogue.state.prices.filter(({ record }) => record.sourceId === sourceId);
    const documents = await this.#catalogue.store.readHeads(
      kept.map(({ record }) => headIds.price(record.priceId)),
    );
    return documents.filter(
      (document): document is StoredDocument<PriceRecord> =>
        document?.value.kind === "price" && document.value.sourceId === sourceId,
    );
  }

  /** @throws PricingError PRICE_SOURCE_NOT_FOUND */
  async require(sourceId: string): Promise<StoredDocument<SourceRecord>> {
    const document = await this.#catalogue.store.heads.get(headIds.source(sourceId));
    if (document === undefined || document.archived) throw sourceNotFound(sourceId);
    return document as StoredDocument<SourceRecord>;
  }

  async #write(record: SourceRecord, expectedVersion: number): Promise<void> {
    await this.#catalogue.write(
      [],
      [{ id: headIds.source(record.sourceId), expectedVersion, value: record }],
    );
  }
}

/** The refusal of a source that there is not. */
export function sourceNotFound(sourceId: string): PricingError {
  return new PricingError("PRICE_SOURCE_NOT_FOUND", `there is no price source ${sourceId}`, {
    metadata: { source_id: sourceId },
  });
}

/** @throws PricingError PRICE_SOURCE_INVALID naming every field at fault */
function checkSettings({ format, mapping, location, syncIntervalMs }: SourceSettings): void {
  const fields: FieldViolation[] = [];
  const report = (field: string, description: string) =>
    fields.push({ field: `settings.${field}`, description });
  const isMapped = format === "json" || format === "csv";
  if (isMapped && mapping === undefined) report("mapping", `is needed by the format ${format}`);
  if (!isMapped && mapping !== undefined) report("mapping", `is not for the format ${format}`);
  if (location.kind === "upload" && syncIntervalMs !== undefined)
    report("sync_interval", "an uploaded list cannot be fetched by itself");
  if (format === "csv" && mapping !== undefined && mapping.recordsPath !== "")
    report("mapping.records_path", "is not for CSV");
  const variants = new Set<string>();
  for (const [index, { meter, variantId, conditions }] of (mapping?.meters ?? []).entries()) {
    const at = `mapping.meters[${index}]`;
    const id = `${meter} ${variantId}`;
    if (variants.has(id)) report(`${at}.variant_id`, `${meter} has the variant ${variantId} twice`);
    variants.add(id);
    if (conditions.length > 0 && variantId === "standard")
      report(`${at}.variant_id`, "is needed with conditions");
    if (conditions.length === 0 && variantId !== "standard")
      report(`${at}.conditions`, "are needed by a variant");
  }
  if (fields[0] === undefined) return;
  throw new PricingError("PRICE_SOURCE_INVALID", `${fields[0].field}: ${fields[0].description}`, { fields });
}
