import type { PageTokens } from "#platform/paging/page-token.ts";
import type { Quotes } from "../domain/conversion/quotes.ts";
import type { Currencies } from "../domain/currencies/currencies.ts";
import type { LiveExchange } from "../domain/live-exchange.ts";
import type { RateProvider } from "../domain/providers/provider-directory.ts";
import type { ProviderSettings } from "../domain/providers/provider-settings.ts";
import type { RateRefresher } from "../domain/providers/rate-refresher.ts";
import type { ManualRates } from "../domain/rates/manual-rates.ts";
import type { HeldRates } from "../domain/review/held-rates.ts";
import type { ProviderStatusStore } from "../store/provider-status-store.ts";

/** What the handlers stand on. */
export interface ExchangeParts {
  readonly live: LiveExchange;
  readonly currencies: Currencies;
  readonly manualRates: ManualRates;
  readonly heldRates: HeldRates;
  readonly quotes: Quotes;
  readonly providerSettings: ProviderSettings;
  readonly refresher: RateRefresher;
  readonly statuses: ProviderStatusStore;
  /** Whether the server's configuration holds a key for a provider. */
  readonly hasCredentials: (provider: RateProvider) => boolean;
  /** Whether providers are asked on their schedule. */
  readonly refreshesOnSchedule: boolean;
  /** Longest silence of a stream. */
  readonly heartbeatMs: number;
  readonly pageTokens: PageTokens;
  /** The time, epoch milliseconds. */
  readonly now: () => number;
}
