import { Type } from "typebox";
import { commonSettings, peerUrlSetting, portSetting } from "#platform/config/common-settings.ts";

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
});
