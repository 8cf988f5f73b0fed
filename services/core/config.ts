import { Type } from "typebox";
import { commonSettings, peerUrlSetting, portSetting } from "#platform/config/common-settings.ts";

/** Settings of Billing Core. */
export const coreSettings = Type.Object({
  ...commonSettings,
  CORE_PORT: portSetting("CORE_PORT"),
  PRICING_URL: peerUrlSetting("Pricing"),
  EXCHANGE_URL: peerUrlSetting("Exchange Rate"),
});
