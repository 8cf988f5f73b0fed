import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { BookOverrideSchema } from "#gen/billing/pricing/v1/book_override_pb.ts";
import {
  type BookAdjustmentSchema,
  PriceOrigin as PriceOriginMessage,
  type PriceSchema,
  type PriceVersionSchema,
} from "#gen/billing/pricing/v1/price_pb.ts";
import type { OverrideView, PriceView, VersionView } from "../domain/catalogue/price-view.ts";
import type { PriceOrigin } from "../domain/catalogue/records.ts";
import type { BookStage } from "../domain/engine/calculate-price.ts";
import { writeAdjustments, writeTerms } from "./write-terms.ts";

/** A price with the version that is shown. */
export function writePrice({ price, version, override }: PriceView): MessageInitShape<typeof PriceSchema> {
  const { record, version: configVersion, writtenAtMs } = price;
  const { priceId, displayName, description, provider, mode, labels, sourceId, pinned } = record;
  return {
    priceId,
    displayName,
    description,
    provider,
    mode,
    labels: { ...labels },
    version: writeVersion(version),
    sourceId,
    pinned,
    ...(record.archivedAtMs === undefined ? {} : { archivedAt: timestampFromMs(record.archivedAtMs) }),
    configVersion: BigInt(configVersion),
    createdAt: timestampFromMs(record.createdAtMs),
    updatedAt: timestampFromMs(writtenAtMs),
    ...(override === undefined ? {} : { override: writeOverride(override) }),
  };
}

const origins: Readonly<Record<PriceOrigin, PriceOriginMessage>> = {
  operator: PriceOriginMessage.OPERATOR,
  import: PriceOriginMessage.IMPORT,
  rollback: PriceOriginMessage.ROLLBACK,
  bundled: PriceOriginMessage.BUNDLED,
};

/** A version with when it is in force. */
export function writeVersion(view: VersionView): MessageInitShape<typeof PriceVersionSchema> {
  const { versionId, terms, stages, priceBook, effectiveFromMs, effectiveUntilMs } = view;
  return {
    priceVersion: versionId,
    priceId: terms.priceId,
    priceBook,
    terms: writeTerms(terms.terms),
    bookAdjustments: stages.map(writeStage),
    effectiveFrom: timestampFromMs(effectiveFromMs),
    ...(effectiveUntilMs === undefined ? {} : { effectiveUntil: timestampFromMs(effectiveUntilMs) }),
    origin: origins[terms.origin],
    importId: terms.importId,
    comment: terms.comment,
    createdBy: terms.createdBy,
    createdAt: timestampFromMs(terms.createdAtMs),
  };
}

function writeStage({ priceBook, change }: BookStage): MessageInitShape<typeof BookAdjustmentSchema> {
  return { priceBook, ...writeChange(change) };
}

function writeChange({ adjustments, freeUnits }: BookStage["change"]) {
  return {
    ...(adjustments === undefined ? {} : { adjustments: writeAdjustments(adjustments) }),
    freeUnits: freeUnits.map(({ componentId, units }) => ({ componentId, units })),
  };
}

/** What a book says of a price. */
export function writeOverride(view: OverrideView): MessageInitShape<typeof BookOverrideSchema> {
  const { priceBook, priceId, entry, versionId, terms, stage, configVersion } = view;
  return {
    priceBook,
    priceId,
    ...(terms === undefined
      ? stage === undefined
        ? {}
        : { override: { case: "adjustment" as const, value: writeChange(stage.change) } }
      : { override: { case: "terms" as const, value: writeTerms(terms.terms) } }),
    priceVersion: versionId,
    effectiveFrom: timestampFromMs(entry.effectiveFromMs),
    configVersion: BigInt(configVersion),
    comment: entry.comment,
    createdBy: entry.createdBy,
    createdAt: timestampFromMs(entry.createdAtMs),
  };
}
