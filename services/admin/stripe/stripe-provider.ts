import Stripe from "stripe";
import { eventTypes } from "../domain/payments/event-table.ts";
import type {
  CheckoutOrder,
  ListPage,
  ListRange,
  PaymentProvider,
  RefundOrder,
} from "../domain/payments/payment-provider.ts";
import {
  markNames,
  readDispute,
  readEvent,
  readIntent,
  readRefund,
  readSession,
  refundRequestName,
  UnreadableObject,
} from "./read-objects.ts";
import { fromStripeError, isMissing } from "./stripe-fault.ts";

/** How to reach Stripe. */
export interface StripeAccess {
  readonly secretKey: string;
  /** Base URL of the API; Stripe's own if undefined. */
  readonly apiUrl?: string;
  /** Told after each call why Stripe could not serve it; empty if it could, also by refusing. */
  readonly onCall?: (fault: string) => void;
}

const timeoutMs = 15_000;
const retries = 2;
/** Stripe takes at most this many types in one filter. */
const typesPerFilter = 20;
const mostPerPage = 100;
/** As Stripe begins the keys of live payments, secret and restricted. */
const liveKeyForm = /^(sk|rk)_live_/;

/** Stripe over its library: one version of the API, a bound on every call, nothing sent that is not needed. */
export function createStripeProvider({
  secretKey,
  apiUrl,
  onCall = () => {},
}: StripeAccess): PaymentProvider {
  if (eventTypes.length > typesPerFilter) throw new Error("the event table is too long for one filter");
  const stripe = new Stripe(secretKey, {
    apiVersion: "2026-10-28.endive",
    timeout: timeoutMs,
    maxNetworkRetries: retries,
    telemetry: false,
    ...addressOf(apiUrl),
  });
  const answered = async <A, T>(call: Promise<A>, read: (answer: A) => T): Promise<T> => {
    let answer: A;
    try {
      answer = await call;
    } catch (error) {
      const fault = fromStripeError(error);
      onCall(isOutage(fault) ? fault.message : "");
      throw fault;
    }
    onCall("");
    return read(answer);
  };
  const found = <A, T>(call: Promise<A>, read: (answer: A) => T): Promise<T | undefined> =>
    answered(
      call.catch((error: unknown) => {
        if (isMissing(error)) return undefined;
        throw error;
      }),
      (answer) => (answer === undefined ? undefined : read(answer)),
    );
  const listed = <A extends { readonly id: string }, T>(
    call: Promise<{ readonly data: readonly A[]; readonly has_more: boolean }>,
    read: (object: A) => T,
  ): Promise<ListPage<T>> =>
    answered(call, ({ data, has_more }) => ({
      items: data.flatMap((object) => readIfOurs(object, read)),
      nextAfter: has_more ? data.at(-1)?.id : undefined,
    }));
  return {
    livemode: liveKeyForm.test(secretKey),
    createCheckout: (order) =>
      answered(
        stripe.checkout.sessions.create(toSession(order), {
          idempotencyKey: `holdfast-checkout-${order.mark.paymentId}`,
        }),
        readSession,
      ),
    createRefund: (order) =>
      answered(
        stripe.refunds.create(toRefund(order), { idempotencyKey: `holdfast-refund-${order.requestKey}` }),
        readRefund,
      ),
    findSession: (id) => found(stripe.checkout.sessions.retrieve(id), readSession),
    findSessionOfIntent: async (intentId) => {
      const page = await found(
        stripe.checkout.sessions.list({ payment_intent: intentId, limit: 1 }),
        ({ data }) => data.map(readSession),
      );
      return page?.[0];
    },
    findIntent: (id) => found(stripe.paymentIntents.retrieve(id), readIntent),
    findEvent: (id) => found(stripe.events.retrieve(id), readEvent),
    listRefundsOf: (intentId) =>
      answered(stripe.refunds.list({ payment_intent: intentId, limit: mostPerPage }), ({ data }) =>
        data.map(readRefund),
      ),
    listSessions: (range) => listed(stripe.checkout.sessions.list(toList(range)), readSession),
    listIntents: (range) => listed(stripe.paymentIntents.list(toList(range)), readIntent),
    listRefunds: (range) => listed(stripe.refunds.list(toList(range)), readRefund),
    listDisputes: (range) => listed(stripe.disputes.list(toList(range)), readDispute),
    listEvents: (range) =>
      listed(stripe.events.list({ ...toList(range), types: [...eventTypes] }), readEvent),
  };
}

function addressOf(apiUrl: string | undefined) {
  if (apiUrl === undefined) return {};
  const { protocol, hostname, port } = new URL(apiUrl);
  const scheme = protocol === "http:" ? ("http" as const) : ("https" as const);
  return { host: hostname, port: port || (scheme === "http" ? 80 : 443), protocol: scheme };
}

function toSession(order: CheckoutOrder): Stripe.Checkout.SessionCreateParams {
  const { mark, customerEmail } = order;
  const metadata = {
    ...order.metadata,
    [markNames.accountId]: mark.accountId,
    [markNames.paymentId]: mark.paymentId,
  };
  return {
    mode: "payment",
    client_reference_id: mark.paymentId,
    success_url: order.successUrl,
    cancel_url: order.cancelUrl,
    ...(customerEmail === "" ? {} : { customer_email: customerEmail }),
    metadata,
    payment_intent_data: { metadata },
    line_items: [
      {
        quantity: 1,
        price_data: {
          currency: order.currency.toLowerCase(),
          unit_amount: order.amountMinor,
          product_data: { name: `Credit for ${mark.accountId}` },
        },
      },
    ],
  };
}

function toRefund(order: RefundOrder): Stripe.RefundCreateParams {
  return {
    payment_intent: order.intentId,
    amount: order.amountMinor,
    reason: order.category,
    metadata: { [refundRequestName]: order.requestKey },
  };
}

/** Stripe counts in seconds. */
function toList({ fromMs, untilMs, after, limit }: ListRange) {
  return {
    created: { gte: Math.floor(fromMs / 1_000), lt: Math.ceil(untilMs / 1_000) },
    limit: Math.min(limit, mostPerPage),
    ...(after === undefined ? {} : { starting_after: after }),
  };
}

/** An object of another product may be of any shape; one of ours that can't be read is a fault. */
function readIfOurs<A, T>(object: A, read: (object: A) => T): T[] {
  try {
    return [read(object)];
  } catch (error) {
    const { metadata } = object as { metadata?: Record<string, string> | null };
    if (error instanceof UnreadableObject && metadata?.[markNames.paymentId] === undefined) return [];
    throw error;
  }
}

function isOutage(fault: Error): boolean {
  const { reason } = fault as { reason?: string };
  return reason === "STRIPE_UNAVAILABLE" || reason === "STRIPE_RATE_LIMITED";
}
