import { alertingTag } from "../alerting/alerting-store.ts";

const prefix = `{${alertingTag}}:deliveries:`;

/** Where deliveries are kept; `scripts/deliveries.lua` says what the keys hold. */
export const deliveryKeys = {
  records: `${prefix}records`,
  payloads: `${prefix}payloads`,
  index: `${prefix}index`,
  /** Outcome of the last attempts, by channel. */
  statuses: `${prefix}statuses`,
  pending: (channelId: string) => `${prefix}pending:${channelId}`,
  /** Which delivery a redelivery's idempotency key made. */
  request: (digest: string) => `${prefix}request:${digest}`,
  queuePrefix: `${prefix}queue`,
} as const;
