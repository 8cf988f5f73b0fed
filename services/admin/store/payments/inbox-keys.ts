/** Keys of the inbox of Stripe's events, in the slot of the payments'. */
export const inboxKeys = {
  /** hash, see scripts/receive-event.lua */
  record: (eventId: string) => `{admin}:stripe-event:${eventId}`,
  /** Time index of all, by arrival. */
  all: "{admin}:stripe-events",
  /** Time index of those whose effect failed. */
  failed: "{admin}:stripe-events:failed",
  /** Time indexes of those about one object, and about one payment. */
  ofObject: (objectId: string) => `{admin}:stripe-events:object:${objectId}`,
  ofPayment: (paymentId: string) => `{admin}:stripe-events:payment:${paymentId}`,
  /** set: events that wait for the payment of a payment intent */
  parkedFor: (intentId: string) => `{admin}:stripe-events:parked:${intentId}`,
  /** Prefix of the queue of events whose effect is to come. */
  queue: "{admin}:stripe-events:queue",
} as const;
