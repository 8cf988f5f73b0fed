/** Rate books for tests. */

import type { RateProviderDefaults } from "../domain/providers/provider-directory.ts";
import { RateBook, type RateBookTerms } from "../domain/rates/rate-book.ts";
import { ecbPublicationTimeMs } from "../providers/formats/ecb-publication-time.ts";
import { providerCatalogue } from "../providers/provider-catalogue.ts";

export const dayMs = 24 * 60 * 60 * 1_000;
export const maxAgeMs = 6 * dayMs;

/** Euro reference rates of some days, as in the European Central Bank's history. */
export const ecbDays: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "2013-03-21": { USD: "1.291" },
  "2014-03-28": { USD: "1.3759" },
  "2019-12-05": { USD: "1.1094", JPY: "120.69" },
  "2019-12-06": { USD: "1.1094", JPY: "120.44" },
  "2019-12-09": { USD: "1.1075", JPY: "120.15" },
  // The last day of the rouble.
  "2022-03-01": { USD: "1.1162", RUB: "117.201" },
  "2022-03-02": { USD: "1.1106" },
  "2022-03-07": { USD: "1.0895" },
  // The pause over Easter: five days.
  "2026-04-02": { USD: "1.1525", JPY: "183.94" },
  "2026-04-07": { USD: "1.1557", JPY: "184.73" },
  "2026-04-10": { USD: "1.1711", JPY: "186.43", GBP: "0.87105" },
  "2026-04-13": { USD: "1.1684", JPY: "186.75", GBP: "0.87058" },
};

/** The moment at which the rates of a day came out, epoch milliseconds. */
export function publishedAt(day: string): number {
  return ecbPublicationTimeMs(Date.parse(`${day}T00:00:00Z`));
}

/** The catalogue of providers with the age that these tests go by. */
export function testProviders(): readonly RateProviderDefaults[] {
  return providerCatalogue({ maxAgeMs });
}

/** A book that knows these days of the ECB. */
export function bookOf(
  days: Readonly<Record<string, Readonly<Record<string, string>>>> = ecbDays,
  { bundled = false, ...terms }: Partial<RateBookTerms> & { bundled?: boolean } = {},
): RateBook {
  const book = new RateBook({
    providers: [{ providerId: "ecb", maxAgeMs, enabled: true }],
    baseCurrency: "EUR",
    allowBundled: false,
    ...terms,
  });
  for (const [day, rates] of Object.entries(days))
    book.publish(
      "ecb",
      { baseCurrency: "EUR", publishedAtMs: publishedAt(day), rates: new Map(Object.entries(rates)) },
      { fetchedAtMs: publishedAt(day), bundled },
    );
  return book;
}
