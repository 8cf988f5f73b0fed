import type { PageTokens } from "#platform/paging/page-token.ts";
import type { Currencies } from "../domain/currencies.ts";
import type { LiveExchange } from "../domain/live-exchange.ts";
import type { ManualRates } from "../domain/manual-rates.ts";

/** What the handlers stand on. */
export interface ExchangeParts {
  readonly live: LiveExchange;
  readonly currencies: Currencies;
  readonly manualRates: ManualRates;
  readonly pageTokens: PageTokens;
  /** The time, epoch milliseconds. */
  readonly now: () => number;
}
