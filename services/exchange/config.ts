import { Type } from "typebox";
import { commonSettings, peerUrlSetting, portSetting } from "#platform/config/common-settings.ts";
import { secret } from "#platform/config/load-config.ts";

/** Settings of Exchange. */
export const exchangeSettings = Type.Object({
  ...commonSettings,
  EXCHANGE_PORT: portSetting("EXCHANGE_PORT"),
  CORE_URL: peerUrlSetting("Billing Core"),
  EXCHANGE_BASE_CURRENCY: Type.String({
    pattern: "^[A-Z]{3}$",
    default: "EUR",
    description: "Currency through which rates are triangulated first; a code of ISO 4217",
  }),
  // The ECB's longest pause is 5 days, at Easter.
  EXCHANGE_MAX_AGE_HOURS: Type.Integer({
    minimum: 1,
    maximum: 31 * 24,
    default: 6 * 24,
    description: "Age from which a rate is refused, in hours, counted from when it was published",
  }),
  EXCHANGE_ALLOW_BUNDLED: Type.Boolean({
    default: false,
    description: "Whether the dated rates that come with the software may be used beyond that age",
  }),
  EXCHANGE_REFRESH: Type.Boolean({
    default: true,
    description: "Whether providers are asked on their schedule; RefreshRates asks them in any case",
  }),
  EXCHANGE_QUOTE_SPREAD: Type.String({
    pattern: "^0([.][0-9]{1,18})?$",
    default: "0",
    description: "Part of an amount that a quote keeps where it states no spread, for example 0.01",
  }),
  EXCHANGE_ALLOWED_HOSTS: Type.String({
    default: "",
    description:
      "Hosts, or host:port, that providers may lie at although private, separated by commas; empty allows none",
  }),
  EXCHANGE_OPENEXCHANGERATES_APP_ID: Type.Optional(
    Type.String({ ...secret, minLength: 1, description: "App ID for openexchangerates.org" }),
  ),
  DATA_DIR: Type.String({
    minLength: 1,
    default: ".data",
    description: "Folder of the server's files; exchange-rates.json in it is the provider static",
  }),
});
