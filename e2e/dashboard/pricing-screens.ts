import type { TestedScreen } from "./screens.ts";

/** Prices, sources and imports in each state that looks different. */
export const pricingScreens: readonly TestedScreen[] = [
  { name: "pricing", path: () => "/pricing", pictures: ["light-1280"] },
  { name: "pricing-none-found", isVariant: true, path: () => "/pricing?q=nothing+such" },
  { name: "pricing-imports", path: () => "/pricing?tab=imports" },
  { name: "pricing-sources", path: () => "/pricing?tab=sources" },
  { name: "pricing-books", isVariant: true, path: () => "/pricing?tab=books" },
  { name: "pricing-price", path: ({ priceId }) => `/pricing/prices/${encodeURIComponent(priceId)}` },
  {
    name: "pricing-price-in-a-book",
    isVariant: true,
    path: () => "/pricing/prices/openai%2Fgpt-4o?book=gold",
  },
  {
    name: "pricing-versions",
    path: ({ priceId }) => `/pricing/prices/${encodeURIComponent(priceId)}?tab=versions`,
  },
  {
    name: "pricing-calculate",
    path: ({ priceId }) =>
      `/pricing/prices/${encodeURIComponent(priceId)}?tab=calculate&q.audio_minutes=5400.5&q.speakers=3`,
  },
  {
    name: "pricing-calculate-empty",
    isVariant: true,
    path: () => "/pricing/prices/openai%2Fgpt-4o?tab=calculate",
  },
  { name: "pricing-price-unknown", isVariant: true, path: () => "/pricing/prices/nobody", refuses: true },
  {
    name: "pricing-import",
    path: ({ importId }) => `/pricing/imports/${importId}`,
    pictures: ["light-1280"],
  },
  {
    name: "pricing-approve",
    isVariant: true,
    path: ({ importId }) => `/pricing/imports/${importId}`,
    act: async (page) => {
      await page.getByRole("button", { name: "Approve" }).click();
      await page.getByLabel("Reason").fill("Agreed with the reseller");
      await page.getByRole("button", { name: "Review the effect" }).click();
      await page.locator(".action-effect").waitFor();
    },
  },
  {
    name: "pricing-read",
    isVariant: true,
    path: () => "/pricing?tab=sources",
    act: async (page) => {
      await page.getByRole("button", { name: "Read reseller-list now" }).click();
      await page.getByRole("button", { name: "Read it" }).waitFor();
    },
  },
];
