import { invalid, StripeApiError } from "./stripe-error.ts";
import type { Charge, Dispute, Refund } from "./stripe-objects.ts";
import { newId, nowSeconds, type StripeRecords } from "./stripe-records.ts";

/** What the request that creates a refund may say. */
export interface RefundParameters {
  readonly payment_intent?: string;
  readonly charge?: string;
  readonly amount?: string;
  readonly reason?: string;
  readonly metadata?: Record<string, string>;
}

/** Money that goes back: refunds and disputes. */
export class Reversals {
  readonly #records: StripeRecords;

  constructor(records: StripeRecords) {
    this.#records = records;
  }

  refund(parameters: RefundParameters, status: "succeeded" | "pending" = "succeeded"): Refund {
    const charge = this.#chargeOf(parameters);
    const left = charge.amount - charge.amount_refunded;
    const amount = parameters.amount === undefined ? left : Number(parameters.amount);
    if (left === 0)
      throw new StripeApiError(400, `Charge ${charge.id} has already been refunded.`, {
        code: "charge_already_refunded",
      });
    if (!Number.isSafeInteger(amount) || amount < 1) throw invalid("amount", "Invalid integer.");
    if (amount > left)
      throw invalid("amount", `Refund amount (${amount}) is greater than unrefunded amount (${left}).`);
    const refund = this.#records.refunds.add({
      id: newId("re"),
      object: "refund",
      created: nowSeconds(),
      currency: charge.currency,
      amount,
      charge: charge.id,
      payment_intent: charge.payment_intent,
      reason: parameters.reason ?? null,
      metadata: parameters.metadata ?? {},
      status,
      failure_reason: null,
    });
    this.#setRefunded(charge, charge.amount_refunded + amount);
    this.#records.emit("charge.refunded", charge);
    this.#records.emit("refund.created", refund);
    return refund;
  }

  /** A refund that the bank sends back: the merchant has the money again. */
  failRefund(refundId: string): Refund {
    const refund = this.#records.refunds.get(refundId);
    if (refund.status === "failed" || refund.status === "canceled")
      throw invalid("refund", "The refund has ended.");
    refund.status = "failed";
    refund.failure_reason = "lost_or_stolen_card";
    const charge = this.#records.charges.get(refund.charge);
    this.#setRefunded(charge, charge.amount_refunded - refund.amount);
    this.#records.emit("refund.failed", refund);
    return refund;
  }

  /** A payer disputes; with `withdraws` the money is taken at once, else it is an early warning. */
  openDispute(chargeId: string, withdraws = true, amount?: number): Dispute {
    const charge = this.#records.charges.get(chargeId);
    charge.disputed = true;
    const dispute = this.#records.disputes.add({
      id: newId("du"),
      object: "dispute",
      created: nowSeconds(),
      livemode: false,
      currency: charge.currency,
      amount: amount ?? charge.amount,
      charge: charge.id,
      payment_intent: charge.payment_intent,
      reason: "general",
      balance_transactions: withdraws ? [{ amount: -(amount ?? charge.amount) }] : [],
      status: withdraws ? "needs_response" : "warning_needs_response",
    });
    this.#records.emit("charge.dispute.created", dispute);
    if (withdraws) this.#records.emit("charge.dispute.funds_withdrawn", dispute);
    return dispute;
  }

  closeDispute(disputeId: string, status: "won" | "lost" | "warning_closed"): Dispute {
    const dispute = this.#records.disputes.get(disputeId);
    dispute.status = status;
    if (status === "won") {
      dispute.balance_transactions.push({ amount: dispute.amount });
      this.#records.emit("charge.dispute.funds_reinstated", dispute);
    }
    this.#records.emit("charge.dispute.closed", dispute);
    return dispute;
  }

  #chargeOf({ charge, payment_intent: intent }: RefundParameters): Charge {
    if (charge !== undefined) return this.#records.charges.get(charge);
    if (intent === undefined) throw invalid("payment_intent", "One of charge or payment_intent is required.");
    const { latest_charge: id } = this.#records.intents.get(intent);
    if (id === null)
      throw new StripeApiError(400, `This PaymentIntent (${intent}) does not have a successful charge.`);
    return this.#records.charges.get(id);
  }

  #setRefunded(charge: Charge, amount: number): void {
    charge.amount_refunded = amount;
    charge.refunded = amount === charge.amount;
  }
}
