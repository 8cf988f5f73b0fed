/**
 * The objects of Stripe's API that the stand-in serves, with the fields that the product may read. Amounts are
 * whole numbers of the currency's minor unit as Stripe counts it.
 */

export interface CheckoutSession {
  readonly id: string;
  readonly object: "checkout.session";
  readonly created: number;
  readonly livemode: false;
  readonly mode: "payment" | "subscription";
  readonly currency: string;
  readonly amount_subtotal: number;
  readonly amount_total: number;
  readonly total_details: {
    readonly amount_discount: number;
    readonly amount_shipping: number;
    readonly amount_tax: number;
  };
  readonly client_reference_id: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly success_url: string;
  readonly cancel_url: string | null;
  readonly expires_at: number;
  status: "open" | "complete" | "expired";
  payment_status: "unpaid" | "paid" | "no_payment_required";
  payment_intent: string | null;
  url: string | null;
}

export interface PaymentIntent {
  readonly id: string;
  readonly object: "payment_intent";
  readonly created: number;
  readonly livemode: false;
  readonly currency: string;
  readonly amount: number;
  readonly metadata: Readonly<Record<string, string>>;
  amount_received: number;
  status: "requires_payment_method" | "processing" | "succeeded" | "canceled";
  latest_charge: string | null;
  last_payment_error: { readonly type: string; readonly code: string; readonly message: string } | null;
}

export interface Charge {
  readonly id: string;
  readonly object: "charge";
  readonly created: number;
  readonly livemode: false;
  readonly currency: string;
  readonly amount: number;
  readonly amount_captured: number;
  readonly payment_intent: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly paid: boolean;
  readonly status: "succeeded" | "failed";
  amount_refunded: number;
  refunded: boolean;
  disputed: boolean;
}

export interface Refund {
  readonly id: string;
  readonly object: "refund";
  readonly created: number;
  readonly currency: string;
  readonly amount: number;
  readonly charge: string;
  readonly payment_intent: string;
  readonly reason: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  status: "pending" | "succeeded" | "failed" | "canceled";
  failure_reason: string | null;
}

export interface Dispute {
  readonly id: string;
  readonly object: "dispute";
  readonly created: number;
  readonly livemode: false;
  readonly currency: string;
  readonly amount: number;
  readonly charge: string;
  readonly payment_intent: string;
  readonly reason: string;
  /** What was taken from the seller's balance (negative) and given back. */
  readonly balance_transactions: Array<{ readonly amount: number }>;
  status: "warning_needs_response" | "warning_closed" | "needs_response" | "under_review" | "won" | "lost";
}

export type StripeObject = CheckoutSession | PaymentIntent | Charge | Refund | Dispute;

export interface StripeEvent {
  readonly id: string;
  readonly object: "event";
  readonly api_version: string;
  readonly created: number;
  readonly livemode: false;
  readonly pending_webhooks: number;
  readonly request: { readonly id: string | null; readonly idempotency_key: string | null };
  readonly type: string;
  /** The object as it was when the event arose. */
  readonly data: { readonly object: StripeObject };
}
