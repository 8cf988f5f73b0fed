import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { del, get, patch, post, put, type Route } from "./route.ts";

const pricing = PricingService.method;
const price = { priceId: "openai/gpt-4o" };
const book = { priceBook: "gold" };
const source = { sourceId: "litellm" };
const imported = { importId: "im_1" };
const usage = { ...price, quantities: { input_tokens: "1200", output_tokens: "350" } };
const terms = {
  currencyCode: "USD",
  components: [
    {
      componentId: "input",
      meter: "input_tokens",
      variants: [{ perUnit: { unitAmount: "2.5", per: "1000000" } }],
    },
  ],
};
const settings = { format: "FEED_FORMAT_LITELLM", url: "https://example.com/prices.json" };

/** Prices, price books and price lists from outside. */
export const pricingRoutes: readonly Route[] = [
  get("/admin/pricing", pricing.listPrices, "List prices", { query: "gpt", pageSize: 20 }),
  post("/admin/pricing", pricing.createPrice, "Create a price", { priceId: "acme/summary", terms }),
  post("/admin/pricing/calculate", pricing.calculatePrice, "Price a usage", { usage }),
  post("/admin/pricing/simulate", pricing.simulatePrice, "Compare prices on a usage", {
    givenUsage: { usages: [usage] },
    candidatePriceBook: "gold",
  }),
  get("/admin/pricing/prices/:priceId", pricing.getPrice, "Read a price", price),
  patch("/admin/pricing/prices/:priceId", pricing.updatePrice, "Change a price by a new version", {
    ...price,
    configVersion: "1",
    terms,
    comment: "Cheaper input",
  }),
  get("/admin/pricing/prices/:priceId/versions", pricing.listPriceVersions, "List a price's versions", price),
  post("/admin/pricing/prices/:priceId/archive", pricing.archivePrice, "Take a price out of use", {
    ...price,
    configVersion: "1",
    comment: "Model retired",
  }),
  get("/admin/pricing/books", pricing.listPriceBooks, "List price books", { pageSize: 20 }),
  post("/admin/pricing/books", pricing.createPriceBook, "Create a price book", {
    ...book,
    displayName: "Gold",
    discountPercent: "10",
  }),
  get("/admin/pricing/books/:priceBook", pricing.getPriceBook, "Read a price book", book),
  patch("/admin/pricing/books/:priceBook", pricing.updatePriceBook, "Change a price book", {
    ...book,
    configVersion: "1",
    discountPercent: "12.5",
  }),
  del("/admin/pricing/books/:priceBook", pricing.deletePriceBook, "Delete an unused price book", {
    ...book,
    configVersion: "1",
  }),
  put(
    "/admin/pricing/books/:priceBook/overrides/:priceId",
    pricing.setBookOverride,
    "Set a book's own price",
    {
      ...book,
      ...price,
      adjustment: { adjustments: { discountPercent: "20" } },
    },
  ),
  del(
    "/admin/pricing/books/:priceBook/overrides/:priceId",
    pricing.removeBookOverride,
    "Remove a book's own price",
    {
      ...book,
      ...price,
      configVersion: "1",
    },
  ),
  get("/admin/pricing/sources", pricing.listPriceSources, "List price sources", { pageSize: 20 }),
  post("/admin/pricing/sources", pricing.createPriceSource, "Create a price source", { ...source, settings }),
  get("/admin/pricing/sources/:sourceId", pricing.getPriceSource, "Read a price source", source),
  put("/admin/pricing/sources/:sourceId", pricing.updatePriceSource, "Replace a price source's settings", {
    ...source,
    configVersion: "1",
    settings,
  }),
  del("/admin/pricing/sources/:sourceId", pricing.deletePriceSource, "Delete a price source", {
    ...source,
    configVersion: "1",
  }),
  post(
    "/admin/pricing/sources/:sourceId/sync",
    pricing.syncPriceSource,
    "Read a source and apply it",
    source,
  ),
  post(
    "/admin/pricing/sources/:sourceId/preview",
    pricing.previewImport,
    "See what a source would change",
    source,
  ),
  get("/admin/pricing/imports", pricing.listImports, "List imports", { state: "IMPORT_STATE_PENDING" }),
  get("/admin/pricing/imports/:importId", pricing.getImport, "Read an import with its changes", imported),
  post("/admin/pricing/imports/:importId/apply", pricing.applyImport, "Apply an import", {
    ...imported,
    all: {},
    comment: "Checked the list",
  }),
  post("/admin/pricing/imports/:importId/reject", pricing.rejectImport, "Reject an import", {
    ...imported,
    all: {},
    comment: "Prices look wrong",
  }),
  post("/admin/pricing/imports/:importId/rollback", pricing.rollbackImport, "Undo an import", {
    ...imported,
    comment: "The list was wrong",
  }),
];
