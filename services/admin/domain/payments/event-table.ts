import type { StripeFacts } from "./stripe-facts.ts";

/** What an event adds to the object that it carries. */
export type EventNote = "paid" | "failed" | "withdrawn" | "reinstated";

/** What an event is about and what it means. */
export interface EventRule {
  readonly kind: StripeFacts["kind"];
  /** Holds even if the object in the event, or a newer one, does not say it. */
  readonly note?: EventNote;
}

/**
 * All events that concern Admin; any other is recorded and changes nothing. What is done follows from the
 * object, see `mergeFacts`: so an event that comes twice, late or before another says nothing wrong.
 */
export const eventTable: Readonly<Record<string, EventRule>> = {
  // Credit if mode=payment and payment_status=paid, else wait.
  "checkout.session.completed": { kind: "session" },
  "checkout.session.async_payment_succeeded": { kind: "session", note: "paid" },
  "checkout.session.async_payment_failed": { kind: "session", note: "failed" },
  "checkout.session.expired": { kind: "session" },
  // The same payment as the session's: the credit's amount is fetched from the session.
  "payment_intent.processing": { kind: "intent" },
  "payment_intent.succeeded": { kind: "intent" },
  "payment_intent.payment_failed": { kind: "intent" },
  "payment_intent.canceled": { kind: "intent" },
  // The sum of all refunds: claw back what is not clawed back yet.
  "charge.refunded": { kind: "charge" },
  // Refunds one by one; a failed one gives its amount back.
  "refund.created": { kind: "refund" },
  "refund.updated": { kind: "refund" },
  "refund.failed": { kind: "refund", note: "failed" },
  "charge.refund.updated": { kind: "refund" },
  // Freeze; debit; give back; final. Inquiries (warning_*) move nothing.
  "charge.dispute.created": { kind: "dispute" },
  "charge.dispute.updated": { kind: "dispute" },
  "charge.dispute.funds_withdrawn": { kind: "dispute", note: "withdrawn" },
  "charge.dispute.funds_reinstated": { kind: "dispute", note: "reinstated" },
  "charge.dispute.closed": { kind: "dispute" },
};

/** The types of events that concern Admin. */
export const eventTypes: readonly string[] = Object.keys(eventTable);
