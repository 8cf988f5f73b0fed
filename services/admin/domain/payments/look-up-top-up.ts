import type { PaymentStore } from "../../store/payments/payment-store.ts";
import { type FulfilParts, fulfil } from "./fulfil.ts";
import type { Payment } from "./payment.ts";

/** How a top-up stands, for its payer. */
export interface TopUpStanding {
  /** For example "20 USD". */
  readonly amount: string;
  readonly standing: "credited" | "paid" | "processing" | "open" | "ended";
}

/**
 * How the top-up of a session stands; if it is still under way, after a look at Stripe: the payer may come back before
 * the event does. Undefined for a session that is not known, so that nobody can make Admin ask Stripe at will.
 */
export async function lookUpTopUp(
  parts: FulfilParts & { readonly payments: PaymentStore<Payment> },
  sessionId: string,
): Promise<TopUpStanding | undefined> {
  const paymentId = await parts.payments.findId(sessionId);
  const known = paymentId === undefined ? undefined : await parts.records.read(paymentId);
  if (known === undefined) return undefined;
  const isUnderWay = known.payment.credit === undefined;
  const payment = isUnderWay ? ((await lookAtStripe(parts, sessionId)) ?? known.payment) : known.payment;
  return { amount: `${payment.creditAmount} ${payment.currency}`, standing: standingOf(payment) };
}

/** Whatever can't be done now, Stripe's event does later. */
async function lookAtStripe(parts: FulfilParts, sessionId: string): Promise<Payment | undefined> {
  try {
    const session = await parts.provider.findSession(sessionId);
    if (session === undefined) return undefined;
    const fulfilment = await fulfil(parts, session, { atMs: Date.now() });
    return fulfilment.kind === "settled" ? fulfilment.settlement.known.payment : undefined;
  } catch {
    return undefined;
  }
}

function standingOf({ progress, credit }: Payment): TopUpStanding["standing"] {
  if (credit !== undefined) return "credited";
  return progress === "failed" || progress === "expired" || progress === "canceled" ? "ended" : progress;
}
