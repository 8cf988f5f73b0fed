import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { PriceOrigin, type PriceSchema, type PriceVersionSchema } from "#gen/billing/pricing/v1/price_pb.ts";
import type { SelectedPrice } from "../domain/catalogue.ts";
import { defaultPriceBook, effectiveUntilMs } from "../domain/price.ts";
import { writeTerms } from "./write-terms.ts";

/** A price with the version that was selected. */
export function writePrice(selected: SelectedPrice): MessageInitShape<typeof PriceSchema> {
  const { price } = selected;
  return {
    priceId: price.priceId,
    displayName: price.displayName,
    description: price.description,
    provider: price.provider,
    mode: price.mode,
    version: writeVersion(selected),
    configVersion: BigInt(price.versions.length),
    createdAt: timestampFromMs(price.createdAtMs),
    updatedAt: timestampFromMs(Math.max(...price.versions.map(({ createdAtMs }) => createdAtMs))),
  };
}

function writeVersion({ price, version }: SelectedPrice): MessageInitShape<typeof PriceVersionSchema> {
  const untilMs = effectiveUntilMs(price, version);
  return {
    priceVersion: version.versionId,
    priceId: version.priceId,
    priceBook: defaultPriceBook,
    terms: writeTerms(version.terms),
    effectiveFrom: timestampFromMs(version.effectiveFromMs),
    ...(untilMs === undefined ? {} : { effectiveUntil: timestampFromMs(untilMs) }),
    origin: PriceOrigin.BUNDLED,
    comment: version.comment,
    createdAt: timestampFromMs(version.createdAtMs),
  };
}
