import { Decimal } from "#money/decimal.ts";
import type { StripeEventStore } from "../../../store/payments/event-store.ts";
import type { EventProcessor } from "../event-processor.ts";
import { fulfil } from "../fulfil.ts";
import { mergeFacts } from "../merge-facts.ts";
import { type Payment, progressRanks } from "../payment.ts";
import type { KnownPayment } from "../payment-records.ts";
import type {
  DisputeFacts,
  IntentFacts,
  RefundFacts,
  SessionFacts,
  StripeEventFacts,
  StripeFacts,
} from "../stripe-facts.ts";
import { type CompareParts, compareLedger } from "./compare-ledger.ts";
import { type Difference, expectedNet } from "./difference.ts";

export interface ReconcileParts extends CompareParts {
  readonly inbox: StripeEventStore<StripeEventFacts>;
  readonly processor: EventProcessor;
}

/** An event of Stripe's that concerns a top-up and never arrived. */
export async function compareEvent(
  parts: ReconcileParts,
  event: StripeEventFacts,
): Promise<Difference | undefined> {
  const { facts, eventId, type } = event;
  if (facts === undefined || (await parts.inbox.read(eventId)) !== undefined) return undefined;
  const known = await findKnown(parts, facts);
  const mark = "mark" in facts ? facts.mark : undefined;
  if (known === undefined && mark === undefined) return undefined;
  return {
    kind: "EVENT_MISSED",
    paymentId: known?.payment.paymentId ?? "",
    accountId: known?.payment.accountId ?? mark?.accountId ?? "",
    stripeId: eventId,
    description: `an event ${type} of Stripe's never arrived`,
    repair: async () => {
      await parts.processor.receive(event, "RECONCILER");
      const received = await parts.inbox.read(eventId);
      if (received !== undefined) await parts.processor.process(received);
    },
  };
}

/** A session that was paid and not credited, or that stands otherwise than Admin shows. */
export async function compareSession(
  parts: ReconcileParts,
  session: SessionFacts,
): Promise<Difference | undefined> {
  const { mark } = session;
  if (mark === undefined || session.mode !== "payment") return undefined;
  const known = await parts.records.findByStripeId(session.id, session.intentId);
  const repair = () => fulfilSurely(parts, session);
  const isPaid = session.paymentStatus === "paid";
  if (known === undefined)
    return isPaid ? unknownPayment(session, mark.accountId, session.id, repair) : undefined;
  const { payment } = known;
  const about = { paymentId: payment.paymentId, accountId: payment.accountId, stripeId: session.id };
  if (isPaid && payment.credit === undefined)
    return {
      ...about,
      kind: "CREDIT_MISSING",
      description: `it is paid and not credited${payment.unappliedReason ? `: ${payment.unappliedReason}` : ""}`,
      repair,
    };
  if (isPaid && !Decimal.parse(session.creditAmount).equals(Decimal.parse(payment.creditAmount)))
    return { ...about, kind: "CREDIT_DIFFERS", description: `${session.creditAmount} was to be credited` };
  const merged = mergeFacts(payment, session, { atMs: session.createdAtMs });
  if (progressRanks[merged.progress] > progressRanks[payment.progress])
    return {
      ...about,
      kind: "STATE_DIFFERS",
      description: `Stripe has it as ${merged.progress}, Admin as ${payment.progress}`,
      repair,
    };
  return payment.credit === undefined ? undefined : compareLedger(parts, payment);
}

/** A payment intent that succeeded and whose payment is not known or not credited. */
export async function compareIntent(
  parts: ReconcileParts,
  intent: IntentFacts,
): Promise<Difference | undefined> {
  const { mark } = intent;
  if (mark === undefined || intent.status !== "succeeded") return undefined;
  const begun = await parts.records.read(mark.paymentId);
  const own = begun?.payment.accountId === mark.accountId ? begun : undefined;
  const known = (await parts.records.findByStripeId(intent.id)) ?? own;
  const repair = () => fulfilSurely(parts, intent);
  if (known === undefined) return unknownPayment(intent, mark.accountId, intent.id, repair);
  if (known.payment.credit !== undefined) return undefined;
  const { paymentId, accountId } = known.payment;
  return {
    kind: "CREDIT_MISSING",
    paymentId,
    accountId,
    stripeId: intent.id,
    description: "its payment intent succeeded and it is not credited",
    repair,
  };
}

/** A refund or dispute that is not taken back as it stands. */
export async function compareReversal(
  parts: ReconcileParts,
  facts: RefundFacts | DisputeFacts,
): Promise<Difference | undefined> {
  const known = await findKnown(parts, facts);
  if (known === undefined) return undefined;
  const { payment } = known;
  const merged = mergeFacts(payment, facts, { atMs: Math.max(facts.createdAtMs, payment.updatedAtMs) });
  if (merged === payment) return undefined;
  const [expected, actual] = [expectedNet(merged), expectedNet(payment)];
  return {
    kind: expected?.amount === actual?.amount ? "STATE_DIFFERS" : "REVERSAL_DIFFERS",
    paymentId: payment.paymentId,
    accountId: payment.accountId,
    stripeId: facts.id,
    ...(expected === undefined ? {} : { expected }),
    ...(actual === undefined ? {} : { actual }),
    description: `the ${facts.kind} is ${facts.status} at Stripe, and Admin does not know it so`,
    repair: () => fulfilSurely(parts, facts),
  };
}

/** A payment that was credited and that Stripe does not have. */
export async function comparePayment(
  parts: ReconcileParts,
  payment: Payment,
): Promise<Difference | undefined> {
  const { intentId, paymentId, accountId, credit } = payment;
  if (credit === undefined || intentId === undefined) return undefined;
  if ((await parts.provider.findIntent(intentId)) !== undefined) return undefined;
  return {
    kind: "PAYMENT_MISSING",
    paymentId,
    accountId,
    stripeId: intentId,
    actual: expectedNet(payment)!,
    description: "it was credited, and Stripe has no such payment",
  };
}

function unknownPayment(
  { currency }: { readonly currency: string },
  accountId: string,
  stripeId: string,
  repair: () => Promise<void>,
): Difference {
  const description = `Stripe has a payment in ${currency} that Admin does not know`;
  return { kind: "PAYMENT_UNKNOWN", paymentId: "", accountId, stripeId, description, repair };
}

function findKnown({ records }: CompareParts, facts: StripeFacts): Promise<KnownPayment | undefined> {
  const chargeId = "chargeId" in facts ? facts.chargeId : undefined;
  const intentId = facts.kind === "intent" ? facts.id : facts.intentId;
  return records.findByStripeId(facts.id, intentId, chargeId);
}

async function fulfilSurely(parts: CompareParts, facts: StripeFacts): Promise<void> {
  const fulfilment = await fulfil(parts, facts, { atMs: Date.now() });
  if (fulfilment.kind === "unknown") throw new Error("Stripe has no checkout session of the payment");
  if (fulfilment.kind === "settled" && fulfilment.settlement.refusal !== undefined)
    throw fulfilment.settlement.refusal;
}
