import type { Condition, DecimalText } from "../price-terms.ts";

export type FeedFormat = "litellm" | "openrouter" | "json" | "csv";

/** Where a list is. */
export type FeedLocation =
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "upload" };

/** Where a price list is, how it is read and what may be applied; defaults are filled in. Plain data. */
export interface SourceSettings {
  readonly displayName: string;
  readonly format: FeedFormat;
  readonly location: FeedLocation;
  readonly mapping?: FeedMapping;
  readonly currencyCode: string;
  readonly priceIdPrefix: string;
  /** Empty means all. */
  readonly includeProviders: readonly string[];
  readonly includeModes: readonly string[];
  /** The first that fits applies. */
  readonly markupRules: readonly MarkupRule[];
  readonly guard: ImportGuard;
  readonly applyPolicy: "review" | "within_guard";
  readonly removalPolicy: "keep" | "archive";
  /** Missing means only when asked. */
  readonly syncIntervalMs?: number;
  readonly fetchTimeoutMs: number;
  readonly maxBytes: number;
  readonly disabled: boolean;
}

/** How records become prices. A field is a JSON Pointer, "$key", or the name of a CSV column. */
export interface FeedMapping {
  /** JSON Pointer; empty means the document. */
  readonly recordsPath: string;
  readonly priceIdField: string;
  /** Empty means none, also below. */
  readonly displayNameField: string;
  readonly providerField: string;
  readonly modeField: string;
  readonly currencyField: string;
  readonly meters: readonly MeterMapping[];
  /** Texts that mean no price. */
  readonly unpricedValues: readonly string[];
  readonly csvDelimiter: string;
}

/** A field that holds the price of a meter. */
export interface MeterMapping {
  readonly field: string;
  readonly meter: string;
  readonly per: DecimalText;
  readonly subsetOf: readonly string[];
  readonly conditions: readonly Condition[];
  readonly variantId: string;
}

/** A factor on some prices. Empty texts mean any. */
export interface MarkupRule {
  readonly provider: string;
  readonly mode: string;
  readonly priceIdPrefix: string;
  readonly multiplier: DecimalText;
}

/** Which changes wait for approval. */
export interface ImportGuard {
  readonly maxChangeFactor: DecimalText;
  readonly maxRemovedPercent: DecimalText;
  readonly allowZeroPrices: boolean;
}
