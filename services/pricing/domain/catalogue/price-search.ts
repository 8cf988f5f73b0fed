import type { Labels } from "./labels.ts";
import type { PriceRecord } from "./records.ts";

/** What a price must be to be listed; an empty text means any. */
export interface PriceFilter {
  readonly provider: string;
  readonly mode: string;
  readonly sourceId: string;
  /** Words that must all stand in id, name, description or provider, without regard to case. */
  readonly query: string;
  readonly labels: Labels;
  readonly includeArchived: boolean;
}

/** Whether a price passes the filter. */
export function matchesFilter(price: PriceRecord, filter: PriceFilter): boolean {
  const { provider, mode, sourceId, labels, includeArchived } = filter;
  if (!includeArchived && price.archivedAtMs !== undefined) return false;
  if (provider !== "" && price.provider !== provider) return false;
  if (mode !== "" && price.mode !== mode) return false;
  if (sourceId !== "" && price.sourceId !== sourceId) return false;
  if (!Object.entries(labels).every(([name, value]) => price.labels[name] === value)) return false;
  const { priceId, displayName, description } = price;
  return matchesWords(filter.query, [priceId, displayName, description, price.provider]);
}

/** Whether every word of a query stands in one of the texts, without regard to case. */
export function matchesWords(query: string, texts: readonly string[]): boolean {
  if (query === "") return true;
  const text = texts.join("\n").toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
