import type { Labels } from "../label-matcher.ts";
import type { MetricType } from "./point.ts";

/**
 * Which values a label can take: a closed list; any currency code; or names of things that are configured, such
 * as providers, which the pattern and the bound on series keep few.
 */
export type LabelValues = readonly string[] | "currency" | "name";

/** A metric that is kept. */
export interface MetricDefinition {
  /** `billing_` prefix, base unit, `_total` for counters. */
  readonly name: string;
  readonly type: MetricType;
  /** "seconds", "bytes", "ratio", "currency", or empty for counts. */
  readonly unit: string;
  /** What it counts, in one sentence. */
  readonly description: string;
  /** Its labels, each with the values it can take, in the order of the series' keys. */
  readonly labels: Readonly<Record<string, LabelValues>>;
  /** Whether it is also kept for each account. */
  readonly perAccount: boolean;
  /** "ledger", or the service that records or exposes it. */
  readonly source: string;
  /** Counted exactly once from the ledger's events, or recorded by services and scrapes. */
  readonly origin: "events" | "records";
}

/** Most series of one metric; more are refused. Their number times their points bounds the memory. */
export const mostSeriesPerMetric = 2_000;

const patterns = {
  currency: /^[A-Z][A-Z0-9_]{1,15}$/,
  // The names of methods, reasons and providers.
  name: /^[A-Za-z0-9_.:/-]{0,128}$/,
} as const;

/** Whether a label can take a value. */
export function isAllowedValue(values: LabelValues, value: string): boolean {
  return typeof values === "string" ? patterns[values].test(value) : values.includes(value);
}

/** What is wrong with a series' labels; undefined if nothing is. */
export function findLabelFault(
  definition: MetricDefinition,
  labels: Labels,
): { readonly label: string; readonly value: string; readonly why: string } | undefined {
  for (const [label, values] of Object.entries(definition.labels)) {
    const value = labels[label];
    if (value === undefined) return { label, value: "", why: "is missing" };
    if (!isAllowedValue(values, value)) return { label, value, why: "cannot have this value" };
  }
  const foreign = Object.keys(labels).find((label) => !Object.hasOwn(definition.labels, label));
  return foreign === undefined
    ? undefined
    : { label: foreign, value: labels[foreign]!, why: "is none of the metric's labels" };
}

const separator = "\u001f";

/** The values of a series' labels, in the definition's order, as they stand in keys. */
export function encodeLabels(definition: MetricDefinition, labels: Labels): string {
  return Object.keys(definition.labels)
    .map((label) => labels[label])
    .join(separator);
}

/** Reads what {@link encodeLabels} wrote. */
export function decodeLabels(definition: MetricDefinition, text: string): Labels {
  const names = Object.keys(definition.labels);
  const values = names.length === 0 ? [] : text.split(separator);
  return Object.fromEntries(names.map((name, position) => [name, values[position] ?? ""]));
}
