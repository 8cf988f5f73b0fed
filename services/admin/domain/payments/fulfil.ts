import { isOfAnotherIntent, mergeFacts, type Observation, paymentOfSession } from "./merge-facts.ts";
import type { Payment } from "./payment.ts";
import type { PaymentLocks } from "./payment-locks.ts";
import type { PaymentProvider } from "./payment-provider.ts";
import { type KnownPayment, PaymentChanged, type PaymentRecords } from "./payment-records.ts";
import type { PaymentSettlement, Settlement } from "./settle-payment.ts";
import type { SessionFacts, StripeFacts } from "./stripe-facts.ts";

/** What became of an observation. */
export type Fulfilment =
  /** It concerns a payment, which is settled now. */
  | { readonly kind: "settled"; readonly settlement: Settlement; readonly isNews: boolean }
  /** It concerns nothing of ours. */
  | { readonly kind: "foreign"; readonly why: string }
  /** Its payment is not known yet, neither here nor at Stripe. */
  | { readonly kind: "unknown"; readonly intentId: string };

type Located =
  /** With the session by which it was found, if Stripe had to be asked. */
  | { readonly kind: "payment"; readonly known: KnownPayment; readonly session?: SessionFacts }
  | Exclude<Fulfilment, { kind: "settled" }>;

const mostTries = 5;

export interface FulfilParts {
  readonly records: PaymentRecords;
  readonly settlement: PaymentSettlement;
  readonly locks: PaymentLocks;
  readonly provider: PaymentProvider;
}

/**
 * Takes in what was observed of an object of Stripe's and brings Billing Core to it. The one way by which payments
 * become balance, for the webhook, the return page and the reconciler; any observation may be repeated, and come in
 * any order.
 *
 * @throws what Stripe or Billing Core throws when they can't answer; AdminError STRIPE_EVENT_FAILED.
 */
export async function fulfil(
  parts: FulfilParts,
  facts: StripeFacts,
  observation: Observation,
): Promise<Fulfilment> {
  const lockName = facts.kind === "intent" ? facts.id : (facts.intentId ?? facts.id);
  return parts.locks.run(lockName, async () => {
    for (let tries = 1; ; tries++) {
      try {
        return await fulfilOnce(parts, facts, observation);
      } catch (error) {
        if (!(error instanceof PaymentChanged) || tries >= mostTries) throw error;
      }
    }
  });
}

async function fulfilOnce(
  parts: FulfilParts,
  facts: StripeFacts,
  observation: Observation,
): Promise<Fulfilment> {
  const located = await locate(parts, facts, observation);
  if (located.kind !== "payment") return located;
  const { version, payment } = located.known;
  const { atMs } = observation;
  // Before the rest: it says which intent is the payment's.
  const found = located.session ? mergeFacts(payment, located.session, { atMs }) : payment;
  // Not settled either, which would happen under another lock than that of the payment's own intent.
  if (isOfAnotherIntent(found, facts)) return ofAnotherIntent(payment);
  let merged = mergeFacts(found, facts, observation);
  if (facts.kind === "intent" && facts.status === "succeeded" && merged.progress !== "paid") {
    // Only the session says how much of what was paid becomes balance.
    const session = await parts.provider.findSessionOfIntent(facts.id);
    if (session !== undefined) merged = mergeFacts(mergeFacts(merged, session, { atMs }), facts, observation);
    else if (merged.progress === "processing" && merged.intentId === facts.id)
      merged = { ...merged, progress: "paid", paidAtMs: atMs };
    else return { kind: "unknown", intentId: facts.id };
  }
  const isNews = version === 0 || merged !== payment;
  const known = isNews ? await parts.records.save(version, merged) : located.known;
  const settlement = await parts.settlement.settle(known);
  return { kind: "settled", settlement, isNews };
}

/** Finds the payment of an object, or makes it (with version 0) from its session. */
async function locate(parts: FulfilParts, facts: StripeFacts, observation: Observation): Promise<Located> {
  const ids =
    facts.kind === "intent"
      ? [facts.id]
      : [
          facts.kind === "session" ? facts.id : undefined,
          facts.intentId,
          "chargeId" in facts ? facts.chargeId : undefined,
        ];
  const indexed = await parts.records.findByStripeId(...ids);
  if (indexed !== undefined) return { kind: "payment", known: indexed };
  if (facts.kind === "session") return locateBySession(parts, facts, observation);
  const intentId = facts.kind === "intent" ? facts.id : facts.intentId;
  if (intentId === undefined) return { kind: "foreign", why: "it belongs to no payment intent" };
  const session = await parts.provider.findSessionOfIntent(intentId);
  if (session !== undefined) return locateBySession(parts, session, observation);
  return locateByMark(parts, facts, intentId);
}

function ofAnotherIntent({ paymentId }: Payment): Extract<Fulfilment, { kind: "foreign" }> {
  return { kind: "foreign", why: `payment ${paymentId} is that of another payment intent` };
}

async function locateBySession(
  { records }: FulfilParts,
  session: SessionFacts,
  observation: Observation,
): Promise<Located> {
  const { mark } = session;
  if (mark === undefined) return { kind: "foreign", why: "the checkout session is not one of a top-up" };
  if (session.mode !== "payment")
    return { kind: "foreign", why: `the checkout session's mode is ${session.mode}` };
  const begun = await records.read(mark.paymentId);
  if (begun !== undefined && isOf(begun, session, mark.accountId))
    return { kind: "payment", known: begun, session };
  // Two sessions with one id of a top-up, made elsewhere, are two payments.
  const paymentId = begun === undefined ? mark.paymentId : `session:${session.id}`;
  const blank = paymentOfSession(session, paymentId, mark.accountId, observation);
  return { kind: "payment", known: { version: 0, payment: blank }, session };
}

function isOf({ payment }: KnownPayment, session: SessionFacts, accountId: string): boolean {
  return payment.accountId === accountId && (payment.sessionId ?? session.id) === session.id;
}

/** Without a session: the payment that was begun here, or one whose session has not been heard of yet. */
async function locateByMark(
  { records, provider }: FulfilParts,
  facts: Exclude<StripeFacts, SessionFacts>,
  intentId: string,
): Promise<Located> {
  const own = facts.kind === "intent" || facts.kind === "charge" ? facts.mark : undefined;
  const mark = own ?? (facts.kind === "intent" ? undefined : (await provider.findIntent(intentId))?.mark);
  const begun = mark && (await records.read(mark.paymentId));
  if (begun !== undefined && begun.payment.accountId === mark?.accountId) {
    if (begun.payment.intentId === undefined) return { kind: "payment", known: begun };
    // One that was paid may be that of a second session with the same mark.
    if (facts.kind === "intent" && facts.status !== "succeeded") return ofAnotherIntent(begun.payment);
  }
  const isKnownAtStripe = facts.kind === "intent" || (await provider.findIntent(intentId)) !== undefined;
  return mark === undefined && isKnownAtStripe
    ? { kind: "foreign", why: "the payment intent is not one of a top-up" }
    : { kind: "unknown", intentId };
}
