import { fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { type PricedUsage, PricedUsageSchema } from "#gen/billing/type/v1/priced_usage_pb.ts";
import { type Rate, RateSchema } from "#gen/billing/type/v1/rate_pb.ts";
import { type Usage, UsageSchema } from "#gen/billing/type/v1/usage_pb.ts";
import type { RoundingMode } from "#money/rounding.ts";
import type { AmountDerivation } from "./amount-derivation.ts";

/** What the caller says about a call, for people and programs. */
export interface Annotations {
  readonly description: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a journal entry keeps besides columns and legs: everything that its amount followed from. */
export interface Memo extends Annotations {
  /** As sent; empty when an amount was named. */
  readonly usages: readonly Usage[];
  /** Undefined where no amount was derived, for example for a release. */
  readonly source: MemoSource | undefined;
}

/** The stored part of a derivation. Line items are left out: Pricing makes them again from the version. */
export interface MemoSource {
  readonly sourceCurrency: string;
  readonly sourceAmount: string;
  readonly pricedUsages: readonly PricedUsage[];
  readonly rate: Rate | undefined;
  readonly roundingMode: RoundingMode;
}

/** The stored form; short names, for it is stored once for every entry. */
interface StoredMemo {
  d?: string;
  m?: Record<string, string>;
  u?: JsonValue[];
  s?: { c: string; a: string; o: RoundingMode; p?: JsonValue[]; r?: JsonValue };
}

/** A memo as text; empty when there is nothing to keep. */
export function encodeMemo(
  { description, metadata }: Annotations,
  usages: readonly Usage[],
  derivation: AmountDerivation | undefined,
): string {
  const stored: StoredMemo = {};
  if (description !== "") stored.d = description;
  if (Object.keys(metadata).length > 0) stored.m = { ...metadata };
  if (usages.length > 0) stored.u = usages.map((usage) => toJson(UsageSchema, usage));
  if (derivation !== undefined) stored.s = encodeSource(derivation);
  return Object.keys(stored).length === 0 ? "" : JSON.stringify(stored);
}

/** Reads what {@link encodeMemo} wrote. */
export function decodeMemo(text: string): Memo {
  const { d = "", m = {}, u = [], s } = (text === "" ? {} : JSON.parse(text)) as StoredMemo;
  return {
    description: d,
    metadata: m,
    usages: u.map((usage) => fromJson(UsageSchema, usage)),
    source: s && {
      sourceCurrency: s.c,
      sourceAmount: s.a,
      roundingMode: s.o,
      pricedUsages: (s.p ?? []).map((priced) => fromJson(PricedUsageSchema, priced)),
      rate: s.r === undefined ? undefined : fromJson(RateSchema, s.r),
    },
  };
}

function encodeSource(derivation: AmountDerivation): NonNullable<StoredMemo["s"]> {
  const { sourceCurrency, sourceAmount, pricedUsages, rate, roundingMode } = derivation;
  return {
    c: sourceCurrency,
    a: sourceAmount,
    o: roundingMode,
    ...(pricedUsages.length === 0
      ? {}
      : { p: pricedUsages.map((priced) => toJson(PricedUsageSchema, { ...priced, lineItems: [] })) }),
    ...(rate === undefined ? {} : { r: toJson(RateSchema, rate) }),
  };
}
