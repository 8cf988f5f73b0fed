import type {
  DisputeFacts,
  IntentFacts,
  RefundFacts,
  SessionFacts,
  StripeEventFacts,
  TopUpMark,
} from "./stripe-facts.ts";

/** A page to pay on, as it is asked for. */
export interface CheckoutOrder {
  readonly mark: TopUpMark;
  /** In capital letters. */
  readonly currency: string;
  /** What is paid before tax, as Stripe counts it. */
  readonly amountMinor: number;
  readonly successUrl: string;
  readonly cancelUrl: string;
  /** Empty for none. */
  readonly customerEmail: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A refund, as it is asked for. */
export interface RefundOrder {
  readonly intentId: string;
  readonly amountMinor: number;
  readonly category: "requested_by_customer" | "duplicate" | "fraudulent";
  /** Names the request; kept with the refund, so that it is found again. */
  readonly requestKey: string;
}

/** Which objects, newest first; times are of creation. */
export interface ListRange {
  readonly fromMs: number;
  /** Exclusive. */
  readonly untilMs: number;
  /** The last object of the page before. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** Part of a list. */
export interface ListPage<T> {
  readonly items: readonly T[];
  /** Where the next page begins; undefined if this was the last. */
  readonly nextAfter: string | undefined;
}

/**
 * Stripe as Admin uses it. Every method throws AdminError STRIPE_UNAVAILABLE (outcome unknown, safe to repeat),
 * STRIPE_RATE_LIMITED or STRIPE_REFUSED.
 */
export interface PaymentProvider {
  /** Whether payments are real ones. */
  readonly livemode: boolean;
  /** Repeated with the same mark, it gives the same session; IDEMPOTENCY_KEY_REUSED if the order is another. */
  createCheckout(order: CheckoutOrder): Promise<SessionFacts>;
  /** Repeated with the same request key, it gives the same refund. */
  createRefund(order: RefundOrder): Promise<RefundFacts>;
  /** Undefined if there is none. */
  findSession(sessionId: string): Promise<SessionFacts | undefined>;
  findSessionOfIntent(intentId: string): Promise<SessionFacts | undefined>;
  findIntent(intentId: string): Promise<IntentFacts | undefined>;
  findEvent(eventId: string): Promise<StripeEventFacts | undefined>;
  /** All refunds of a payment, at most 100. */
  listRefundsOf(intentId: string): Promise<readonly RefundFacts[]>;
  listSessions(range: ListRange): Promise<ListPage<SessionFacts>>;
  listIntents(range: ListRange): Promise<ListPage<IntentFacts>>;
  listRefunds(range: ListRange): Promise<ListPage<RefundFacts>>;
  listDisputes(range: ListRange): Promise<ListPage<DisputeFacts>>;
  /** Events of the types that concern Admin; Stripe keeps them for 30 days. */
  listEvents(range: ListRange): Promise<ListPage<StripeEventFacts>>;
}
