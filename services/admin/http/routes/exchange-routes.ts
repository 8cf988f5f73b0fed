import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { del, get, patch, post, put, type Route } from "./route.ts";

const exchange = ExchangeRateService.method;
const pair = { fromCurrency: "EUR", toCurrency: "USD" };
const manual = { baseCurrency: "EUR", quoteCurrency: "USD", rate: "1.0842", comment: "Contract rate" };
const unit = { currencyCode: "CREDIT" };
const provider = { providerId: "ecb" };
const held = { heldRateId: "hr_1" };

/** Exchange rates, currencies and the providers of rates. */
export const exchangeRoutes: readonly Route[] = [
  get("/admin/exchange-rates", exchange.listRates, "List rates", {
    fromCurrency: "EUR",
    toCurrencies: ["USD"],
  }),
  post("/admin/exchange-rates", exchange.setRate, "Set a manual rate", manual),
  put("/admin/exchange-rates", exchange.setRate, "Replace a manual rate", { ...manual, configVersion: "1" }),
  del("/admin/exchange-rates", exchange.clearRateOverride, "Clear a manual rate", {
    baseCurrency: "EUR",
    quoteCurrency: "USD",
    configVersion: "1",
    comment: "Contract ended",
  }),
  post("/admin/exchange-rates/convert", exchange.convert, "Convert an amount", { ...pair, amount: "12.50" }),
  post("/admin/exchange-rates/refresh", exchange.refreshRates, "Ask providers for rates now", {
    providerIds: ["ecb"],
  }),
  get("/admin/exchange-rates/held", exchange.listHeldRates, "List rates that wait for review", {
    pageSize: 20,
  }),
  post("/admin/exchange-rates/held/:heldRateId/approve", exchange.approveHeldRate, "Approve a rate", {
    ...held,
    comment: "Checked elsewhere",
  }),
  post("/admin/exchange-rates/held/:heldRateId/reject", exchange.rejectHeldRate, "Reject a rate", {
    ...held,
    comment: "A misprint",
  }),
  get("/admin/exchange-rates/currencies", exchange.listCurrencies, "List currencies", { query: "eur" }),
  post("/admin/exchange-rates/currencies", exchange.createCurrency, "Create a unit of one's own", {
    ...unit,
    displayName: "Credits",
    minorDigits: 0,
  }),
  get("/admin/exchange-rates/currencies/:currencyCode", exchange.getCurrency, "Read a currency", unit),
  patch("/admin/exchange-rates/currencies/:currencyCode", exchange.updateCurrency, "Change a currency", {
    ...unit,
    configVersion: "1",
    displayName: "Credits",
  }),
  post(
    "/admin/exchange-rates/currencies/:currencyCode/deactivate",
    exchange.deactivateCurrency,
    "Take a currency out of use",
    { ...unit, configVersion: "1", comment: "No longer sold" },
  ),
  post(
    "/admin/exchange-rates/currencies/:currencyCode/activate",
    exchange.activateCurrency,
    "Take a currency into use again",
    { ...unit, configVersion: "1", comment: "Sold again" },
  ),
  get("/admin/exchange-rates/providers", exchange.listProviders, "List providers of rates", { pageSize: 20 }),
  get("/admin/exchange-rates/providers/:providerId", exchange.getProvider, "Read a provider", provider),
  patch("/admin/exchange-rates/providers/:providerId", exchange.updateProvider, "Change a provider", {
    ...provider,
    configVersion: "1",
    enabled: true,
  }),
  get("/admin/exchange-rates/:fromCurrency/:toCurrency", exchange.getRate, "Read a rate", pair),
  get(
    "/admin/exchange-rates/:fromCurrency/:toCurrency/history",
    exchange.listRateHistory,
    "List past rates",
    {
      ...pair,
      pageSize: 20,
    },
  ),
];
