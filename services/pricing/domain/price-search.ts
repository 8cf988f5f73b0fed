import type { SelectedPrice } from "./catalogue.ts";

/** What a price must be to be listed; an empty text means any. */
export interface PriceFilter {
  readonly provider: string;
  readonly mode: string;
  readonly currencyCode: string;
  /** Words that must all stand in id, name, description or provider, without regard to case. */
  readonly query: string;
}

/** Whether a price, with the version that is shown, passes the filter. */
export function matchesFilter({ price, version }: SelectedPrice, filter: PriceFilter): boolean {
  if (filter.provider !== "" && price.provider !== filter.provider) return false;
  if (filter.mode !== "" && price.mode !== filter.mode) return false;
  if (filter.currencyCode !== "" && version.terms.currencyCode !== filter.currencyCode) return false;
  if (filter.query === "") return true;
  const { priceId, displayName, description, provider } = price;
  const text = `${priceId}\n${displayName}\n${description}\n${provider}`.toLowerCase();
  return filter.query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
