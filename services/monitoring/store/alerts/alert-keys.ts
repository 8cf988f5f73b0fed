import { alertingTag } from "../alerting/alerting-store.ts";

const prefix = `{${alertingTag}}:alerts:`;

/** Where alerts are kept; `scripts/alerts.lua` says what the keys hold. */
export const alertKeys = {
  records: `${prefix}records`,
  acknowledgements: `${prefix}acknowledgements`,
  notified: `${prefix}notified`,
  active: `${prefix}active`,
  changes: `${prefix}changes`,
  ended: `${prefix}ended`,
  meta: `${prefix}meta`,
  feed: `${prefix}feed`,
  ruleStatuses: `${prefix}rules`,
  /** Group key and channel → what the channel was told last. */
  groups: `${prefix}groups`,
  lease: `${prefix}lease`,
  account: (accountId: string) => `${prefix}account:${accountId}`,
  history: (alertId: string) => `${prefix}history:${alertId}`,
} as const;
