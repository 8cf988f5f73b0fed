import { type Static, Type } from "typebox";
import { commonSettings, portSetting } from "#platform/config/common-settings.ts";

/** Settings of Pricing. */
export const pricingSettings = Type.Object({
  ...commonSettings,
  PRICING_PORT: portSetting("PRICING_PORT"),
});

/** Settings of Pricing, read. */
export type PricingSettings = Static<typeof pricingSettings>;
