import type { PriceTerms } from "../price-terms.ts";

/** Why a record of a list becomes no price. */
export type SkipReason =
  | "not_a_price"
  | "unpriced"
  | "variable_price"
  | "id_invalid"
  | "value_invalid"
  | "key_unknown"
  | "contradictory"
  | "duplicate"
  | "filtered"
  | "pinned"
  | "other_source"
  | "kept";

/** A price as a list states it, markup not included. Plain data. */
export interface PricedRecord {
  readonly kind: "priced";
  /** As the list has it. */
  readonly name: string;
  /** Without the source's prefix. */
  readonly priceId: string;
  readonly displayName: string;
  readonly provider: string;
  readonly mode: string;
  readonly terms: PriceTerms;
  /** Where amounts come from, by component, variant and path as in {@link amountKey}. */
  readonly origins: Readonly<Record<string, AmountOrigin>>;
}

/** Key and value in the list, as written. */
export interface AmountOrigin {
  readonly key: string;
  readonly value: string;
}

/** A record that becomes no price. */
export interface SkippedRecord {
  readonly kind: "skipped";
  readonly name: string;
  readonly reason: SkipReason;
  /** For people: what is wrong. */
  readonly detail: string;
}

export type FeedRecord = PricedRecord | SkippedRecord;

/** Names an amount of a price. */
export function amountKey(componentId: string, variantId: string, path: string): string {
  return `${componentId} ${variantId} ${path}`;
}

export function skipped(name: string, reason: SkipReason, detail: string): SkippedRecord {
  return { kind: "skipped", name, reason, detail };
}

const longestDetail = 300;

/** A value of a list for a message: short, on one line. */
export function quoted(value: unknown): string {
  const text =
    typeof value === "object" && value !== null && "text" in value ? String(value.text) : String(value);
  const line = JSON.stringify(text);
  return line.length > longestDetail ? `${line.slice(0, longestDetail)}…` : line;
}
