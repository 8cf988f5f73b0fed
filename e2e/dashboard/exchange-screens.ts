import type { TestedScreen } from "./screens.ts";
import { seedHeldRates } from "./seed-exchange.ts";

/** Rates and conversions in each state that looks different. */
export const exchangeScreens: readonly TestedScreen[] = [
  { name: "exchange", path: () => "/exchange", pictures: ["light-1280"] },
  { name: "exchange-manual", isVariant: true, path: () => "/exchange?from=USD&shown=manual" },
  { name: "exchange-pair", path: () => "/exchange/USD/GBP" },
  { name: "exchange-pair-manual", isVariant: true, path: () => "/exchange/USD/CHF" },
  { name: "exchange-pair-unknown", isVariant: true, path: () => "/exchange/USD/QQQ", refuses: true },
  { name: "exchange-convert", path: () => "/exchange?tab=convert&from=USD&to=JPY&amount=1234.56" },
  { name: "exchange-held", isVariant: true, path: () => "/exchange?tab=held", seed: seedHeldRates },
  { name: "exchange-providers", path: () => "/exchange?tab=providers" },
  { name: "exchange-currencies", path: () => "/exchange?tab=currencies" },
  { name: "exchange-quote", isVariant: true, path: ({ quoteId }) => `/exchange?tab=quotes&q=${quoteId}` },
  { name: "exchange-quote-none", isVariant: true, path: () => "/exchange?tab=quotes" },
  {
    name: "exchange-set-rate",
    isVariant: true,
    path: () => "/exchange/USD/GBP",
    act: async (page) => {
      await page.getByRole("button", { name: "Set a rate" }).click();
      await page.getByLabel("GBP for 1 USD").fill("0.79");
      await page.getByLabel("Reason").fill("The provider has been wrong since noon");
      await page.getByRole("button", { name: "Review the effect" }).click();
      await page.locator(".action-effect").waitFor();
    },
  },
  {
    name: "exchange-clear-rate",
    isVariant: true,
    path: () => "/exchange/USD/CHF",
    act: async (page) => {
      await page.getByRole("button", { name: "Clear the manual rate" }).click();
      await page.getByLabel("Reason").fill("The provider is right again");
      await page.getByRole("button", { name: "Review the effect" }).click();
      await page.locator(".action-effect").waitFor();
    },
  },
];
