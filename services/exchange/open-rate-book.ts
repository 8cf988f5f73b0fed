import type { Static } from "typebox";
import type { Logger } from "#platform/observe/log.ts";
import type { exchangeSettings } from "./config.ts";
import { RateBook } from "./domain/rate-book.ts";
import { readBundledRates } from "./providers/bundled-rates.ts";

const ecbProviderId = "ecb";
const hourMs = 60 * 60 * 1_000;

/**
 * A rate book with the rates that came with the software; the log says which, and whether they may be used.
 *
 * @throws Error if the bundled file is missing or damaged.
 */
export function openRateBook(settings: Static<typeof exchangeSettings>, log: Logger): RateBook {
  const maxAgeHours = settings.EXCHANGE_MAX_AGE_HOURS;
  const book = new RateBook({
    providers: [{ providerId: ecbProviderId, maxAgeMs: maxAgeHours * hourMs }],
    baseCurrency: settings.EXCHANGE_BASE_CURRENCY,
    allowBundled: settings.EXCHANGE_ALLOW_BUNDLED,
  });
  const { fileName, lastDay, publications } = readBundledRates();
  for (const publication of publications) book.publish(ecbProviderId, publication, true);
  const use = settings.EXCHANGE_ALLOW_BUNDLED
    ? "used however old they are, and marked as bundled"
    : `refused once they are ${maxAgeHours} h old; EXCHANGE_ALLOW_BUNDLED=true lifts that`;
  log.info(
    { file: fileName, last_day: lastDay, allow_bundled: settings.EXCHANGE_ALLOW_BUNDLED },
    `bundled rates up to ${lastDay} are ${use}`,
  );
  return book;
}
