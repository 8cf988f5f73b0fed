/**
 * What Admin reads of Stripe's objects, and keeps of its events: no names, addresses or cards. Amounts are exact
 * decimals of the major unit; times are epoch milliseconds.
 */

/** What tells that an object belongs to a top-up of this system; set by Admin in the object's metadata. */
export interface TopUpMark {
  readonly accountId: string;
  readonly paymentId: string;
}

/** A Checkout Session. */
export interface SessionFacts {
  readonly kind: "session";
  readonly id: string;
  readonly mark?: TopUpMark;
  readonly intentId?: string;
  readonly mode: string;
  readonly status: string;
  readonly paymentStatus: string;
  readonly currency: string;
  /** The price before tax, less discounts. */
  readonly creditAmount: string;
  /** What the payer pays, with tax. */
  readonly totalAmount: string;
  readonly taxAmount: string;
  readonly livemode: boolean;
  readonly createdAtMs: number;
  readonly expiresAtMs?: number;
  /** The page to pay on, while it is open. */
  readonly url?: string;
}

/** A Payment Intent. */
export interface IntentFacts {
  readonly kind: "intent";
  readonly id: string;
  readonly mark?: TopUpMark;
  readonly status: string;
  readonly currency: string;
  readonly chargeId?: string;
  readonly methodType?: string;
  readonly failureCode?: string;
  readonly livemode: boolean;
  readonly createdAtMs: number;
}

/** A Charge. */
export interface ChargeFacts {
  readonly kind: "charge";
  readonly id: string;
  readonly mark?: TopUpMark;
  readonly intentId?: string;
  readonly currency: string;
  /** The sum of all refunds so far. */
  readonly refundedAmount: string;
  readonly methodType?: string;
}

/** A Refund. */
export interface RefundFacts {
  readonly kind: "refund";
  readonly id: string;
  readonly intentId?: string;
  readonly chargeId?: string;
  readonly currency: string;
  readonly amount: string;
  readonly status: string;
  readonly reason: string;
  readonly failureCode?: string;
  /** The key of the request by which this system made it. */
  readonly requestKey?: string;
  readonly createdAtMs: number;
}

/** A Dispute. */
export interface DisputeFacts {
  readonly kind: "dispute";
  readonly id: string;
  readonly intentId?: string;
  readonly chargeId?: string;
  readonly currency: string;
  readonly amount: string;
  readonly status: string;
  readonly reason: string;
  /** Whether its money is away, as its balance transactions say; undefined if they say nothing. */
  readonly withdrawn?: boolean;
  readonly evidenceDueAtMs?: number;
  readonly createdAtMs: number;
}

export type StripeFacts = SessionFacts | IntentFacts | ChargeFacts | RefundFacts | DisputeFacts;

/** An event as the inbox keeps it. */
export interface StripeEventFacts {
  readonly eventId: string;
  readonly type: string;
  readonly createdAtMs: number;
  readonly livemode: boolean;
  readonly apiVersion: string;
  /** Stripe's id of the object; empty if it has none. */
  readonly objectId: string;
  /** Undefined for types that Admin does nothing about. */
  readonly facts?: StripeFacts;
  /** Why the object of a type that concerns Admin could not be read. */
  readonly unreadable?: string;
}
