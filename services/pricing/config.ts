import { type Static, Type } from "typebox";
import { commonSettings, peerUrlSetting, portSetting } from "#platform/config/common-settings.ts";
import type { ListRules } from "./reading/fetch-list.ts";

/** Settings of Pricing. */
export const pricingSettings = Type.Object({
  ...commonSettings,
  PRICING_PORT: portSetting("PRICING_PORT"),
  CORE_URL: peerUrlSetting("Billing Core"),
  PRICING_BUNDLED_MAX_AGE_DAYS: Type.Integer({
    minimum: 1,
    maximum: 3_650,
    default: 30,
    description:
      "Age from which a price that came with the software is refused, in days, counted from its own date",
  }),
  PRICING_ALLOW_BUNDLED: Type.Boolean({
    default: false,
    description: "Whether the dated prices that come with the software may be used beyond that age",
  }),
  PRICING_FEED_DIRECTORY: Type.Optional(
    Type.String({
      minLength: 1,
      description: "Folder of price lists that are files; unset refuses such sources",
    }),
  ),
  PRICING_FEED_ALLOW_PRIVATE: Type.Boolean({
    default: false,
    description: "Whether price lists may be fetched from private addresses, and from any port",
  }),
});

/** Settings of Pricing, read. */
export type PricingSettings = Static<typeof pricingSettings>;

/** What price lists may be fetched from. */
export function listRules({
  PRICING_FEED_DIRECTORY,
  PRICING_FEED_ALLOW_PRIVATE,
}: PricingSettings): ListRules {
  return {
    feedFolder: PRICING_FEED_DIRECTORY,
    outbound: PRICING_FEED_ALLOW_PRIVATE ? { allowPrivateAddresses: true, ports: "any" } : {},
  };
}
