import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";
import { eventTable } from "../domain/payments/event-table.ts";
import { fromMinorUnits } from "../domain/payments/payment-currency.ts";
import type {
  ChargeFacts,
  DisputeFacts,
  IntentFacts,
  RefundFacts,
  SessionFacts,
  StripeEventFacts,
  StripeFacts,
  TopUpMark,
} from "../domain/payments/stripe-facts.ts";
import { eventShape, shapes } from "./object-shapes.ts";

/** Names in the metadata by which a top-up of this system is known. */
export const markNames = { accountId: "account_id", paymentId: "top_up_id" } as const;
/** Name in a refund's metadata of the request by which this system made it. */
export const refundRequestName = "holdfast_refund";

/** An object or event of Stripe that Admin can't read; the message names the member. */
export class UnreadableObject extends Error {
  override readonly name = "UnreadableObject";
}

/** Reads an event; of types that concern Admin its object too. @throws UnreadableObject for no event at all. */
export function readEvent(event: unknown): StripeEventFacts {
  const { id, type, created, livemode, ...rest } = checkShape("event", eventShape, event);
  const { api_version: apiVersion, data } = rest;
  const head = {
    eventId: id,
    type,
    createdAtMs: created * 1_000,
    livemode,
    apiVersion: (apiVersion ?? "").slice(0, 64),
    objectId: /^[A-Za-z0-9_]{1,255}$/.test(data.object.id ?? "") ? (data.object.id ?? "") : "",
  };
  const rule = eventTable[type];
  if (rule === undefined) return head;
  try {
    return { ...head, facts: readers[rule.kind](data.object) };
  } catch (error) {
    if (!(error instanceof UnreadableObject)) throw error;
    return { ...head, unreadable: error.message };
  }
}

export function readSession(object: unknown): SessionFacts {
  const session = checkShape("session", shapes.session, object);
  const code = (session.currency ?? "").toUpperCase();
  const subtotal = session.amount_subtotal ?? 0;
  const total = session.amount_total ?? 0;
  const tax = session.total_details?.amount_tax ?? 0;
  const intentId = idOf(session.payment_intent);
  return {
    kind: "session",
    id: session.id,
    ...markOf(session.metadata),
    ...(intentId === undefined ? {} : { intentId }),
    mode: session.mode,
    status: session.status ?? "",
    paymentStatus: session.payment_status,
    currency: code,
    creditAmount: amountOf(code, priceBeforeTax(session, subtotal, total)),
    totalAmount: amountOf(code, total),
    taxAmount: amountOf(code, Math.min(tax, total)),
    livemode: session.livemode,
    createdAtMs: session.created * 1_000,
    ...(session.expires_at ? { expiresAtMs: session.expires_at * 1_000 } : {}),
    ...(session.url ? { url: session.url } : {}),
  };
}

/**
 * The price before tax, less discounts. Tax that the price contains is taken from it. Where the parts don't add
 * up to the total, the lesser of price and total: never more than was paid.
 */
function priceBeforeTax(
  { total_details: details }: Static<typeof shapes.session>,
  subtotal: number,
  total: number,
): number {
  const discount = details?.amount_discount ?? 0;
  const shipping = details?.amount_shipping ?? 0;
  const tax = details?.amount_tax ?? 0;
  const price = subtotal - discount;
  if (price >= 0 && price + shipping + tax === total) return price;
  if (price >= tax && price + shipping === total) return price - tax;
  return Math.min(subtotal, total);
}

export function readIntent(object: unknown): IntentFacts {
  const intent = checkShape("payment_intent", shapes.intent, object);
  const chargeId = idOf(intent.latest_charge);
  const methods = intent.payment_method_types ?? [];
  const failureCode = intent.last_payment_error?.code ?? intent.last_payment_error?.type;
  return {
    kind: "intent",
    id: intent.id,
    ...markOf(intent.metadata),
    status: intent.status,
    currency: intent.currency.toUpperCase(),
    ...(chargeId === undefined ? {} : { chargeId }),
    ...(methods.length === 1 ? { methodType: methods[0]! } : {}),
    ...(failureCode ? { failureCode } : {}),
    livemode: intent.livemode,
    createdAtMs: intent.created * 1_000,
  };
}

export function readCharge(object: unknown): ChargeFacts {
  const charge = checkShape("charge", shapes.charge, object);
  const code = charge.currency.toUpperCase();
  const intentId = idOf(charge.payment_intent);
  const methodType = charge.payment_method_details?.type;
  return {
    kind: "charge",
    id: charge.id,
    ...markOf(charge.metadata),
    ...(intentId === undefined ? {} : { intentId }),
    currency: code,
    refundedAmount: amountOf(code, charge.amount_refunded),
    ...(methodType ? { methodType } : {}),
  };
}

export function readRefund(object: unknown): RefundFacts {
  const refund = checkShape("refund", shapes.refund, object);
  const code = refund.currency.toUpperCase();
  const requestKey = refund.metadata?.[refundRequestName];
  return {
    kind: "refund",
    id: refund.id,
    ...referencesOf(refund),
    currency: code,
    amount: amountOf(code, refund.amount),
    status: refund.status ?? "pending",
    reason: refund.reason ?? "",
    ...(refund.failure_reason ? { failureCode: refund.failure_reason } : {}),
    ...(requestKey === undefined ? {} : { requestKey }),
    createdAtMs: refund.created * 1_000,
  };
}

export function readDispute(object: unknown): DisputeFacts {
  const dispute = checkShape("dispute", shapes.dispute, object);
  const code = dispute.currency.toUpperCase();
  const movements = dispute.balance_transactions ?? [];
  const moved = movements.reduce((sum, { amount }) => sum + amount, 0);
  const dueSeconds = dispute.evidence_details?.due_by;
  return {
    kind: "dispute",
    id: dispute.id,
    ...referencesOf(dispute),
    currency: code,
    amount: amountOf(code, dispute.amount),
    status: dispute.status,
    reason: dispute.reason ?? "",
    ...(movements.length === 0 ? {} : { withdrawn: moved < 0 }),
    ...(dueSeconds ? { evidenceDueAtMs: dueSeconds * 1_000 } : {}),
    createdAtMs: dispute.created * 1_000,
  };
}

const readers: Readonly<Record<StripeFacts["kind"], (object: unknown) => StripeFacts>> = {
  session: readSession,
  intent: readIntent,
  charge: readCharge,
  refund: readRefund,
  dispute: readDispute,
};

function checkShape<S extends TSchema>(what: string, shape: S, object: unknown): Static<S> {
  const [fault] = Value.Errors(shape, object);
  if (fault !== undefined)
    throw new UnreadableObject(`${what}${fault.instancePath || ""}: ${fault.message}`.slice(0, 300));
  return object as Static<S>;
}

const accountForm = /^[A-Za-z0-9_.:@-]{1,128}$/;
const paymentForm = /^[A-Za-z0-9_.:@-]{1,128}$/;

/** Objects of other products on the same Stripe account have no mark, or none of this form. */
function markOf(metadata: Readonly<Record<string, string>> | null | undefined): { mark?: TopUpMark } {
  const accountId = metadata?.[markNames.accountId] ?? "";
  const paymentId = metadata?.[markNames.paymentId] ?? "";
  return accountForm.test(accountId) && paymentForm.test(paymentId) ? { mark: { accountId, paymentId } } : {};
}

type Reference = string | { readonly id: string } | null | undefined;

function idOf(reference: Reference): string | undefined {
  return (typeof reference === "string" ? reference : reference?.id) || undefined;
}

function referencesOf({ payment_intent, charge }: { payment_intent?: Reference; charge?: Reference }) {
  const [intentId, chargeId] = [idOf(payment_intent), idOf(charge)];
  return {
    ...(intentId === undefined ? {} : { intentId }),
    ...(chargeId === undefined ? {} : { chargeId }),
  };
}

function amountOf(code: string, minor: number): string {
  const amount = code === "" ? "0" : fromMinorUnits(code, minor);
  if (amount === undefined) throw new UnreadableObject(`currency: ${code} is not a currency of ISO 4217`);
  return amount;
}
