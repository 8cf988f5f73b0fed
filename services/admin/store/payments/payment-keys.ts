/**
 * Keys of payments. All lie in one slot, since a payment is few writes and found by many ids, and so are those of
 * the inbox, which parks what the index of payments lacks.
 */
export const paymentKeys = {
  /** hash: `version`, `json` */
  record: (paymentId: string) => `{admin}:payment:${paymentId}`,
  /** Time index of all. */
  all: "{admin}:payments",
  /** Time index of one account's. */
  ofAccount: (accountId: string) => `{admin}:payments:account:${accountId}`,
  /** Time index of those that were paid and could not be credited. */
  unapplied: "{admin}:payments:unapplied",
  /** hash: id of an object of Stripe's → payment id */
  byStripeId: "{admin}:payments:by-stripe-id",
} as const;
