import type { RateProviderDefaults } from "../domain/providers/provider-directory.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Settings of the server that the catalogue depends on. */
export interface CatalogueTerms {
  /** For what is published on working days. */
  readonly maxAgeMs: number;
}

const ecbAttribution = "Source: European Central Bank (ECB) euro foreign exchange reference rates";

/** Every provider that Exchange can ask, as it is before anybody changes it; in order of fallback. */
export function providerCatalogue({ maxAgeMs }: CatalogueTerms): readonly RateProviderDefaults[] {
  const common = { enabled: false, filePath: "", maxAgeMs, fetchTimeoutMs: 10_000 };
  return [
    {
      ...common,
      providerId: ecbProviderId,
      displayName: "European Central Bank",
      format: "ecb-daily",
      enabled: true,
      priority: 10,
      url: "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml",
      refreshIntervalMs: hourMs,
      attribution: ecbAttribution,
    },
    {
      ...common,
      providerId: "ecb-history",
      displayName: "European Central Bank, since 1999",
      format: "ecb-history",
      priority: 20,
      url: "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip",
      refreshIntervalMs: 24 * hourMs,
      fetchTimeoutMs: 30_000,
      attribution: ecbAttribution,
    },
    {
      ...common,
      providerId: "frankfurter",
      displayName: "Frankfurter",
      format: "frankfurter-v1",
      priority: 30,
      url: "https://api.frankfurter.dev/v1/latest",
      refreshIntervalMs: hourMs,
      attribution: ecbAttribution,
    },
    {
      ...common,
      providerId: "frankfurter-v2",
      displayName: "Frankfurter, version 2",
      format: "frankfurter-v2",
      priority: 40,
      url: "https://api.frankfurter.dev/v2/rates",
      refreshIntervalMs: hourMs,
      attribution: "Source: Frankfurter (frankfurter.dev)",
    },
    {
      ...common,
      providerId: openExchangeRatesId,
      displayName: "Open Exchange Rates",
      format: "open-exchange-rates",
      priority: 50,
      url: "https://openexchangerates.org/api/latest.json",
      refreshIntervalMs: hourMs,
      maxAgeMs: Math.min(maxAgeMs, 24 * hourMs),
      attribution: "",
    },
    {
      ...common,
      providerId: "open-er-api",
      displayName: "ExchangeRate-API, open access",
      format: "open-er-api",
      priority: 60,
      url: "https://open.er-api.com/v6/latest/EUR",
      refreshIntervalMs: 6 * hourMs,
      maxAgeMs: Math.min(maxAgeMs, 72 * hourMs),
      attribution: "Rates By Exchange Rate API (https://www.exchangerate-api.com)",
    },
    {
      ...common,
      providerId: "static",
      displayName: "File of the operator",
      format: "static-file",
      priority: 70,
      url: "",
      filePath: "exchange-rates.json",
      refreshIntervalMs: 10 * minuteMs,
      attribution: "",
    },
  ];
}

/** Whose rates came with the software. */
export const ecbProviderId = "ecb";
/** The provider that asks for a key. */
export const openExchangeRatesId = "openexchangerates";
