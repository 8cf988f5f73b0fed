import { type TSchema, Type } from "typebox";

/**
 * What Admin needs of Stripe's objects, checked before it is used: an event may come in the version of the API
 * that its endpoint was made with.
 */
const id = Type.String({ minLength: 1, maxLength: 255, pattern: "^[A-Za-z0-9_]+$" });
const text = Type.String({ maxLength: 5_000 });
const currency = Type.String({ pattern: "^[A-Za-z]{3}$" });
/** Whole numbers of at most twelve digits, as Stripe bounds a payment. */
const minor = Type.Integer({ minimum: 0, maximum: 999_999_999_999 });
const seconds = Type.Integer({ minimum: 0, maximum: 99_999_999_999 });
const metadata = Type.Record(Type.String(), Type.String());
const orNull = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]));
/** An id, or the whole object where it was expanded. */
const reference = orNull(Type.Union([id, Type.Object({ id })]));

export const shapes = {
  session: Type.Object({
    id,
    mode: text,
    status: orNull(text),
    payment_status: text,
    currency: orNull(currency),
    amount_subtotal: orNull(minor),
    amount_total: orNull(minor),
    total_details: orNull(
      Type.Object({
        amount_discount: orNull(minor),
        amount_shipping: orNull(minor),
        amount_tax: orNull(minor),
      }),
    ),
    payment_intent: reference,
    client_reference_id: orNull(text),
    metadata: orNull(metadata),
    livemode: Type.Boolean(),
    created: seconds,
    expires_at: orNull(seconds),
    url: orNull(text),
  }),
  intent: Type.Object({
    id,
    status: text,
    currency,
    latest_charge: reference,
    payment_method_types: orNull(Type.Array(text)),
    last_payment_error: orNull(Type.Object({ code: orNull(text), type: orNull(text) })),
    metadata: orNull(metadata),
    livemode: Type.Boolean(),
    created: seconds,
  }),
  charge: Type.Object({
    id,
    currency,
    payment_intent: reference,
    amount_refunded: minor,
    payment_method_details: orNull(Type.Object({ type: orNull(text) })),
    metadata: orNull(metadata),
  }),
  refund: Type.Object({
    id,
    currency,
    amount: minor,
    payment_intent: reference,
    charge: reference,
    status: orNull(text),
    reason: orNull(text),
    failure_reason: orNull(text),
    metadata: orNull(metadata),
    created: seconds,
  }),
  dispute: Type.Object({
    id,
    currency,
    amount: minor,
    payment_intent: reference,
    charge: reference,
    status: text,
    reason: orNull(text),
    balance_transactions: orNull(Type.Array(Type.Object({ amount: Type.Integer() }))),
    evidence_details: orNull(Type.Object({ due_by: orNull(seconds) })),
    created: seconds,
  }),
} as const;

/** The envelope; what it carries is checked by its type. */
export const eventShape = Type.Object({
  id: Type.String({ pattern: "^evt_[A-Za-z0-9_]{1,250}$" }),
  type: Type.String({ pattern: "^[a-z0-9_.]{1,128}$" }),
  created: seconds,
  livemode: Type.Boolean(),
  api_version: orNull(text),
  data: Type.Object({ object: Type.Object({ id: orNull(text) }) }),
});
