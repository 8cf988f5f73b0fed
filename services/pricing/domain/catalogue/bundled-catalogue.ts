import { createHash } from "node:crypto";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import type { PriceTerms } from "../price-terms.ts";
import { termsOfTokenRates } from "../token-rates.ts";
import type { PriceRecord, TermsVersion } from "./records.ts";
import { defaultPriceBook } from "./records.ts";

const count = Type.Integer({ minimum: 0 });
const rate = Type.String({ pattern: "^[0-9]{1,18}([.][0-9]{1,18})?$" });

/** The file of a bundled catalogue: real prices of one day, made compact. */
export const bundledFileSchema = Type.Object({
  /** Names the catalogue in version ids, for example "litellm-2026-08-06". */
  name: Type.String({ pattern: "^[a-z0-9.-]{1,64}$" }),
  /** Where the prices come from, for people. */
  source: Type.String(),
  copyright: Type.String(),
  licence: Type.String(),
  /** Day of the prices. */
  date: Type.String({ pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }),
  currencyCode: Type.String({ pattern: "^[A-Z][A-Z0-9_]{1,15}$" }),
  /** Units that a rate buys. */
  per: Type.String({ pattern: "^[1-9][0-9]{0,17}$" }),
  /** Entries of the source. */
  entryCount: count,
  priceCount: count,
  /** Prices whose rates are all 0, as stated by the source. */
  freeCount: count,
  /** Entries of the source that are not here, by reason. */
  leftOut: Type.Record(Type.String(), count),
  /** By price id. A rate alone is the standard one. */
  prices: Type.Record(
    Type.String(),
    Type.Object({
      provider: Type.String(),
      mode: Type.Optional(Type.String()),
      free: Type.Optional(Type.Literal(true)),
      rates: Type.Record(Type.String(), Type.Union([rate, Type.Record(Type.String(), rate)])),
      /** Prices above 0 that the source states besides and that are not here. */
      otherPrices: Type.Optional(Type.Array(Type.String())),
    }),
  ),
});

/** The file of a bundled catalogue. */
export type BundledFile = Static<typeof bundledFileSchema>;
type BundledEntry = BundledFile["prices"][string];

/** A price with its only version. */
export interface BundledPrice {
  readonly price: PriceRecord;
  readonly version: TermsVersion;
}

/**
 * The prices of a bundled catalogue, in force from its day on.
 *
 * @throws Error naming what is malformed
 */
export function readBundledPrices(file: unknown): {
  readonly file: BundledFile;
  readonly prices: readonly BundledPrice[];
} {
  if (!Value.Check(bundledFileSchema, file)) {
    const [fault] = Value.Errors(bundledFileSchema, file);
    throw new Error(`the bundled catalogue is malformed: ${fault?.instancePath} ${fault?.message}`);
  }
  const prices = Object.entries(file.prices).map(([priceId, price]) => readPrice(file, priceId, price));
  if (prices.length !== file.priceCount) throw new Error("the bundled catalogue is not complete");
  return { file, prices };
}

function readPrice(file: BundledFile, priceId: string, bundled: BundledEntry): BundledPrice {
  const dayMs = Date.parse(`${file.date}T00:00:00Z`);
  const terms = readTerms(file, priceId, bundled);
  const version: TermsVersion = {
    kind: "terms",
    versionId: `${file.name}.${fingerprint(priceId, terms)}`,
    priceId,
    priceBook: defaultPriceBook,
    terms,
    effectiveFromMs: dayMs,
    origin: "bundled",
    importId: "",
    comment: `${file.source}, ${file.date}`,
    createdBy: "",
    createdAtMs: dayMs,
  };
  const price: PriceRecord = {
    kind: "price",
    priceId,
    displayName: "",
    description: describe(bundled),
    provider: bundled.provider,
    mode: bundled.mode ?? "",
    labels: {},
    sourceId: "",
    pinned: false,
    versions: [{ versionId: version.versionId, effectiveFromMs: dayMs }],
    createdAtMs: dayMs,
    creation: "",
    lastChange: "",
  };
  return { price, version };
}

function readTerms(file: BundledFile, priceId: string, { rates }: BundledEntry): PriceTerms {
  const byVariant = Object.fromEntries(
    Object.entries(rates).map(([meter, rate]) => [
      meter,
      typeof rate === "string" ? { standard: rate } : rate,
    ]),
  );
  try {
    return termsOfTokenRates(file.currencyCode, file.per, byVariant);
  } catch (error) {
    throw new Error(`the bundled price ${priceId} is malformed: ${(error as Error).message}`);
  }
}

function describe({ free, otherPrices = [] }: BundledEntry): string {
  if (free) return "Published as free of charge.";
  if (otherPrices.length === 0) return "";
  return `Token prices only; its publisher also states ${otherPrices.join(", ")}.`;
}

/** Sixteen digits that stand for the price and exactly these terms, also when the reading of the file changes. */
function fingerprint(priceId: string, terms: PriceTerms): string {
  const text = JSON.stringify([priceId, terms]);
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
