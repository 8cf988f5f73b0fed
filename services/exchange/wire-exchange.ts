import type { OutboundPolicy } from "#platform/http-client/outbound-policy.ts";
import { refusedAddress } from "#platform/http-client/refused-address.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { Quotes } from "./domain/conversion/quotes.ts";
import { Currencies } from "./domain/currencies/currencies.ts";
import type { ExchangeState } from "./domain/exchange-state.ts";
import { LiveExchange } from "./domain/live-exchange.ts";
import type { RateProvider, RateProviderDefaults } from "./domain/providers/provider-directory.ts";
import { ProviderSettings } from "./domain/providers/provider-settings.ts";
import { RateRefresher, type RefreshResult } from "./domain/providers/rate-refresher.ts";
import { RefreshSchedules } from "./domain/providers/refresh-schedules.ts";
import { ManualRates } from "./domain/rates/manual-rates.ts";
import { HeldRates } from "./domain/review/held-rates.ts";
import { createFeedReader } from "./providers/read-feed.ts";
import { ExchangeStore } from "./store/exchange-store.ts";
import { ProviderStatusStore } from "./store/provider-status-store.ts";
import { QuoteStore } from "./store/quote-store.ts";

/** What an Exchange is made of. */
export interface ExchangeWiring {
  readonly redis: Redis;
  readonly catalogue: readonly RateProviderDefaults[];
  readonly createState: () => ExchangeState;
  readonly hasAccounts: (currencyCode: string) => Promise<boolean>;
  readonly policy: OutboundPolicy;
  /** Folder of the operator's files. */
  readonly dataFolder: string;
  /** Provider id → headers with its key, for the address of the catalogue only. */
  readonly credentials: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Part of an amount that a quote keeps unless it states one, decimal from 0 to below 1. */
  readonly quoteSpread: string;
  readonly onRefresh: (result: RefreshResult) => void;
  readonly onError: (what: string, error: unknown) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** The parts of an Exchange, tied together; nothing runs yet. */
export function wireExchange(wiring: ExchangeWiring) {
  const { redis, catalogue, policy, credentials, onError, now } = wiring;
  const store = new ExchangeStore(
    redis,
    catalogue.map(({ providerId }) => providerId),
  );
  const statuses = new ProviderStatusStore(redis);
  const live = new LiveExchange({
    store,
    createState: wiring.createState,
    onError: (error) => onError("following changes failed for now", error),
  });
  const readFeed = createFeedReader({
    dataFolder: wiring.dataFolder,
    policy,
    credentialsFor: (provider) =>
      isAtHome(provider, catalogue) ? (credentials[provider.providerId] ?? {}) : {},
  });
  const refresher = new RateRefresher({
    store,
    statuses,
    live,
    readFeed,
    onRefresh: wiring.onRefresh,
    now,
  });
  const schedules = new RefreshSchedules({
    store,
    live,
    refresher,
    onError: (providerId, error) => onError(`refreshing ${providerId} failed`, error),
  });
  const parts = {
    live,
    currencies: new Currencies({ store, live, hasAccounts: wiring.hasAccounts, now }),
    manualRates: new ManualRates({ store, live, now }),
    heldRates: new HeldRates(store, live, now),
    quotes: new Quotes({ store: new QuoteStore(redis), live, defaultSpread: wiring.quoteSpread, now }),
    providerSettings: new ProviderSettings({
      store,
      live,
      refusedAddress: (url) => refusedAddress(url, policy),
    }),
    refresher,
    statuses,
    hasCredentials: ({ providerId }: RateProvider) => credentials[providerId] !== undefined,
    now,
  };
  return { parts, schedules };
}

/** A key goes to the server that it is for, wherever an operator points the provider. */
function isAtHome({ providerId, url }: RateProvider, catalogue: readonly RateProviderDefaults[]): boolean {
  const home = catalogue.find((each) => each.providerId === providerId);
  return URL.parse(url)?.origin === URL.parse(home?.url ?? "")?.origin;
}
