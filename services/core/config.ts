import { Type } from "typebox";
import { commonSettings, peerUrlSetting, portSetting } from "#platform/config/common-settings.ts";

/** Settings of Billing Core. */
export const coreSettings = Type.Object({
  ...commonSettings,
  CORE_PORT: portSetting("CORE_PORT"),
  PRICING_URL: peerUrlSetting("Pricing"),
  EXCHANGE_URL: peerUrlSetting("Exchange Rate"),
  LEDGER_MIN_REPLICAS: Type.Integer({
    minimum: 0,
    maximum: 8,
    default: 0,
    description:
      "Replicas of Redis that must have a change before it is acknowledged, so that a failover loses none; else " +
      "the answer is STORE_UNAVAILABLE, and the same call with the same key settles it",
  }),
  DATA_DIR: Type.String({
    minLength: 1,
    default: ".data",
    description:
      "Folder of the server's files; journal/ in it is the archive, which all instances must reach and which " +
      "belongs into every backup",
  }),
  CORE_JOURNAL_ONLINE_ENTRIES: Type.Integer({
    minimum: 1_000,
    maximum: 10_000_000,
    default: 100_000,
    description: "Journal entries of an account kept in Redis; older ones go to files in DATA_DIR",
  }),
  CORE_OUTBOX_ENTRIES: Type.Integer({
    minimum: 100,
    maximum: 1_000_000,
    default: 10_000,
    description:
      "Entries of each of the 256 outboxes that wait for their readers, about 250 bytes of Redis each; a reader " +
      "further behind reads what it missed from the journals",
  }),
  CORE_VERIFICATION_INTERVAL_MS: Type.Integer({
    minimum: 0,
    maximum: 604_800_000,
    default: 3_600_000,
    description:
      "Time from one verification of the whole ledger in the background to the next, in milliseconds; " +
      "0 switches it off",
  }),
  CORE_OUTBOX_READER_SILENCE_MS: Type.Integer({
    minimum: 1_000,
    maximum: 86_400_000,
    default: 300_000,
    description:
      "Longest silence of a reader of the outboxes, in milliseconds, after which nothing waits for it",
  }),
});
