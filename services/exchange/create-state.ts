import type { Static } from "typebox";
import type { Logger } from "#platform/observe/log.ts";
import type { exchangeSettings } from "./config.ts";
import { ExchangeState } from "./domain/exchange-state.ts";
import type { RateProviderDefaults } from "./domain/providers/provider-directory.ts";
import { readBundledRates } from "./providers/bundled-rates.ts";
import { ecbProviderId } from "./providers/provider-catalogue.ts";

/**
 * A maker of states with the rates that came with the software; the log says which, and whether they may be used.
 *
 * @throws Error if the bundled file is missing or damaged.
 */
export function stateMaker(
  settings: Static<typeof exchangeSettings>,
  providers: readonly RateProviderDefaults[],
  log: Logger,
): () => ExchangeState {
  const { fileName, lastDay, publications } = readBundledRates();
  const allowBundled = settings.EXCHANGE_ALLOW_BUNDLED;
  const use = allowBundled
    ? "used however old they are, and marked as bundled"
    : `refused once they are ${settings.EXCHANGE_MAX_AGE_HOURS} h old; EXCHANGE_ALLOW_BUNDLED=true lifts that`;
  log.info(
    { file: fileName, last_day: lastDay, allow_bundled: allowBundled },
    `bundled rates up to ${lastDay} are ${use}`,
  );
  return () => {
    const baseCurrency = settings.EXCHANGE_BASE_CURRENCY;
    const state = new ExchangeState({ baseCurrency, allowBundled, providers });
    for (const publication of publications) state.applyBundled(ecbProviderId, publication);
    return state;
  };
}
