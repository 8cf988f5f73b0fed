import { invalid, StripeApiError } from "./stripe-error.ts";
import type { Charge, CheckoutSession, PaymentIntent } from "./stripe-objects.ts";
import { newId, nowSeconds, type StripeRecords } from "./stripe-records.ts";

/** What the request that creates a session may say, as far as the stand-in understands it. */
export interface SessionParameters {
  readonly mode?: string;
  readonly success_url?: string;
  readonly cancel_url?: string;
  readonly client_reference_id?: string;
  readonly expires_at?: string;
  readonly metadata?: Record<string, string>;
  readonly payment_intent_data?: { readonly metadata?: Record<string, string> };
  readonly line_items?: ReadonlyArray<{
    readonly quantity?: string;
    readonly price_data?: { readonly currency?: string; readonly unit_amount?: string };
  }>;
  readonly [other: string]: unknown;
}

/** What an order adds to the price of its lines, in minor units. */
export interface SessionExtras {
  readonly taxMinor?: number;
  readonly discountMinor?: number;
}

const understood: ReadonlySet<string> = new Set(
  (
    "mode success_url cancel_url client_reference_id expires_at metadata payment_intent_data line_items " +
    "customer_email locale submit_type"
  ).split(" "),
);
const defaultLifetimeSeconds = 86_400;
/** Stripe takes at most eight digits for most currencies. */
const mostMinor = 99_999_999;

/** Checkout sessions and what paying one brings about. */
export class Checkout {
  readonly #records: StripeRecords;
  readonly #baseUrl: () => string;
  readonly #intentMetadata = new Map<string, Record<string, string>>();

  constructor(records: StripeRecords, baseUrl: () => string) {
    this.#records = records;
    this.#baseUrl = baseUrl;
  }

  create(parameters: SessionParameters, extras: SessionExtras = {}): CheckoutSession {
    for (const name of Object.keys(parameters)) {
      if (!understood.has(name))
        throw new StripeApiError(400, `Received unknown parameter: ${name}`, {
          code: "parameter_unknown",
          param: name,
        });
    }
    const { currency, subtotal } = sumOf(parameters.line_items);
    const { taxMinor = 0, discountMinor = 0 } = extras;
    const id = newId("cs_test");
    const created = nowSeconds();
    this.#intentMetadata.set(id, parameters.payment_intent_data?.metadata ?? {});
    return this.#records.sessions.add({
      id,
      object: "checkout.session",
      created,
      livemode: false,
      mode: modeOf(parameters.mode),
      currency,
      amount_subtotal: subtotal,
      amount_total: subtotal - discountMinor + taxMinor,
      total_details: { amount_discount: discountMinor, amount_shipping: 0, amount_tax: taxMinor },
      client_reference_id: parameters.client_reference_id ?? null,
      metadata: parameters.metadata ?? {},
      success_url: required("success_url", parameters.success_url),
      cancel_url: parameters.cancel_url ?? null,
      expires_at: Number(parameters.expires_at ?? created + defaultLifetimeSeconds),
      status: "open",
      payment_status: "unpaid",
      payment_intent: null,
      url: `${this.#baseUrl()}/pay/${id}`,
    });
  }

  /** Pays by card: the money is there at once. */
  pay(sessionId: string): CheckoutSession {
    const session = this.#requireOpen(sessionId);
    const intent = this.#records.intents.add(this.#newIntent(session, "succeeded"));
    this.#charge(intent);
    complete(session, intent, "paid");
    this.#records.emit("payment_intent.succeeded", intent);
    this.#records.emit("checkout.session.completed", session);
    return session;
  }

  /** Pays by a method that settles later, for example a bank debit. */
  payLater(sessionId: string): CheckoutSession {
    const session = this.#requireOpen(sessionId);
    const intent = this.#records.intents.add(this.#newIntent(session, "processing"));
    complete(session, intent, "unpaid");
    this.#records.emit("checkout.session.completed", session);
    return session;
  }

  /** Ends a delayed payment well or badly. */
  settleLater(sessionId: string, succeeds: boolean): CheckoutSession {
    const session = this.#records.sessions.get(sessionId);
    const intent = this.#records.intents.get(session.payment_intent ?? "");
    if (intent.status !== "processing") throw invalid("session", "This session has no delayed payment.");
    if (succeeds) {
      intent.status = "succeeded";
      this.#charge(intent);
      session.payment_status = "paid";
      this.#records.emit("payment_intent.succeeded", intent);
      this.#records.emit("checkout.session.async_payment_succeeded", session);
    } else {
      failPayment(intent, "The bank refused the debit.");
      this.#records.emit("payment_intent.payment_failed", intent);
      this.#records.emit("checkout.session.async_payment_failed", session);
    }
    return session;
  }

  /** A card that is declined; the session stays open. */
  decline(sessionId: string): void {
    const session = this.#requireOpen(sessionId);
    const intent = this.#records.intents.add(this.#newIntent(session, "requires_payment_method"));
    failPayment(intent, "Your card was declined.");
    this.#records.emit("payment_intent.payment_failed", intent);
  }

  expire(sessionId: string): CheckoutSession {
    const session = this.#requireOpen(sessionId);
    session.status = "expired";
    session.url = null;
    this.#records.emit("checkout.session.expired", session);
    return session;
  }

  #requireOpen(sessionId: string): CheckoutSession {
    const session = this.#records.sessions.get(sessionId);
    if (session.status !== "open")
      throw invalid(
        "session",
        `Only Checkout Sessions with a status of open can do this: ${session.status}.`,
      );
    return session;
  }

  #newIntent(session: CheckoutSession, status: PaymentIntent["status"]): PaymentIntent {
    return {
      id: newId("pi"),
      object: "payment_intent",
      created: nowSeconds(),
      livemode: false,
      currency: session.currency,
      amount: session.amount_total,
      metadata: this.#intentMetadata.get(session.id) ?? {},
      amount_received: 0,
      status,
      latest_charge: null,
      last_payment_error: null,
    };
  }

  #charge(intent: PaymentIntent): Charge {
    intent.amount_received = intent.amount;
    const charge = this.#records.charges.add({
      id: newId("ch"),
      object: "charge",
      created: nowSeconds(),
      livemode: false,
      currency: intent.currency,
      amount: intent.amount,
      amount_captured: intent.amount,
      payment_intent: intent.id,
      metadata: intent.metadata,
      paid: true,
      status: "succeeded",
      amount_refunded: 0,
      refunded: false,
      disputed: false,
    });
    intent.latest_charge = charge.id;
    return charge;
  }
}

function complete(session: CheckoutSession, intent: PaymentIntent, status: "paid" | "unpaid"): void {
  session.status = "complete";
  session.payment_status = status;
  session.payment_intent = intent.id;
  session.url = null;
}

function failPayment(intent: PaymentIntent, message: string): void {
  intent.status = "requires_payment_method";
  intent.last_payment_error = { type: "card_error", code: "card_declined", message };
}

function sumOf(lines: SessionParameters["line_items"]): { currency: string; subtotal: number } {
  if (!Array.isArray(lines) || lines.length === 0) throw invalid("line_items", "line_items is required.");
  const currencies = new Set<string>();
  let subtotal = 0;
  for (const [index, { quantity, price_data: price }] of lines.entries()) {
    const field = `line_items[${index}]`;
    currencies.add(required(`${field}[price_data][currency]`, price?.currency).toLowerCase());
    subtotal +=
      wholeNumber(`${field}[price_data][unit_amount]`, price?.unit_amount) *
      wholeNumber(`${field}[quantity]`, quantity);
  }
  const [currency, ...others] = currencies;
  if (others.length > 0) throw invalid("line_items", "All prices must be in one currency.");
  if (subtotal > mostMinor) throw new StripeApiError(400, "Amount too large.", { code: "amount_too_large" });
  return { currency: currency!, subtotal };
}

function modeOf(mode: string | undefined): CheckoutSession["mode"] {
  if (mode === "payment" || mode === "subscription") return mode;
  throw invalid("mode", `Invalid mode: must be payment or subscription, not ${mode}.`);
}

function required(param: string, value: string | undefined): string {
  if (value === undefined || value === "") throw invalid(param, `Missing required param: ${param}.`);
  return value;
}

function wholeNumber(param: string, text: string | undefined): number {
  if (text === undefined || !/^\d{1,12}$/.test(text)) throw invalid(param, `Invalid integer: ${text}`);
  return Number(text);
}
