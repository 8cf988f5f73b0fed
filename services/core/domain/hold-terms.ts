import { fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { RateSchema } from "#gen/billing/type/v1/rate_pb.ts";
import type { Annotations } from "./memo.ts";
import type { LockedPrice, PriceLock } from "./price-lock.ts";

/** What a hold keeps for its settling and for those who look at it. */
export interface HoldTerms extends PriceLock, Annotations {}

/** The stored form; a locked price is [id, version, book, currency, at]. */
interface StoredTerms {
  p?: Array<[string, string, string, string, number]>;
  r?: JsonValue;
  x?: string;
  d?: string;
  m?: Record<string, string>;
}

/** Terms as text; empty when there is nothing to keep. */
export function encodeHoldTerms({ prices, rate, maxAmount, description, metadata }: HoldTerms): string {
  const stored: StoredTerms = {};
  if (prices.length > 0) stored.p = prices.map(toTuple);
  if (rate !== undefined) stored.r = toJson(RateSchema, rate);
  if (maxAmount !== "") stored.x = maxAmount;
  if (description !== "") stored.d = description;
  if (Object.keys(metadata).length > 0) stored.m = { ...metadata };
  return Object.keys(stored).length === 0 ? "" : JSON.stringify(stored);
}

/** Reads what {@link encodeHoldTerms} wrote. */
export function decodeHoldTerms(text: string): HoldTerms {
  const { p = [], r, x = "", d = "", m = {} } = (text === "" ? {} : JSON.parse(text)) as StoredTerms;
  return {
    prices: p.map(([priceId, priceVersion, priceBook, currency, atMs]) => ({
      priceId,
      priceVersion,
      priceBook,
      currency,
      atMs,
    })),
    rate: r === undefined ? undefined : fromJson(RateSchema, r),
    maxAmount: x,
    description: d,
    metadata: m,
  };
}

function toTuple({
  priceId,
  priceVersion,
  priceBook,
  currency,
  atMs,
}: LockedPrice): [string, string, string, string, number] {
  return [priceId, priceVersion, priceBook, currency, atMs];
}
