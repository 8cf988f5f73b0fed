import { Decimal } from "#money/decimal.ts";
import { ServiceError } from "#platform/errors/service-error.ts";
import {
  creditReferenceOf,
  isOpenDispute,
  isWhollyTakenBack,
  type Payment,
  type PaymentDispute,
  paymentLimits,
} from "./payment.ts";
import type { PaymentLedger } from "./payment-ledger.ts";
import type { KnownPayment, PaymentRecords } from "./payment-records.ts";
import { reversedTotalOf } from "./reversed-total.ts";

/** What settling a payment came to. */
export interface Settlement {
  readonly known: KnownPayment;
  /** What was done, in words; empty if all was done before. */
  readonly effects: readonly string[];
  /** The last transaction that was posted. */
  readonly transactionId?: string;
  /** Why it could not be credited. */
  readonly refusal?: ServiceError;
}

/** Refusals of a credit that repeating does not change. */
const finalRefusals: ReadonlySet<string> = new Set([
  "ACCOUNT_NOT_FOUND",
  "ACCOUNT_CLOSED",
  "AMOUNT_INVALID",
  "AMOUNT_OVERFLOW",
  "CURRENCY_MISMATCH",
  "CURRENCY_UNKNOWN",
  "REFERENCE_REUSED",
]);
/** Refusals that may pass: shown meanwhile, and tried again. */
const passingRefusals: ReadonlySet<string> = new Set(["RATE_UNAVAILABLE", "RATE_STALE"]);

/** Whether trying again may help against a refused credit. */
export function isPassing({ reason }: ServiceError): boolean {
  return passingRefusals.has(reason);
}

/**
 * Brings Billing Core to what is known of a payment: credits it once it is paid, takes back what refunds and
 * disputes take, freezes the account while a dispute is open. Each step is written down before the next and can be
 * repeated, so that it goes on wherever it was broken off. Under the payment's lock.
 *
 * @throws what Billing Core throws, besides refusals of the credit; PaymentChanged.
 */
export class PaymentSettlement {
  readonly #records: PaymentRecords;
  readonly #ledger: PaymentLedger;

  constructor(records: PaymentRecords, ledger: PaymentLedger) {
    this.#records = records;
    this.#ledger = ledger;
  }

  async settle(known: KnownPayment): Promise<Settlement> {
    let state: Settlement = { known, effects: [] };
    state = await this.#credit(state);
    state = await this.#reverse(state);
    for (const disputeId of Object.keys(state.known.payment.disputes))
      state = await this.#freeze(state, disputeId);
    return state;
  }

  async #credit(state: Settlement): Promise<Settlement> {
    const { payment } = state.known;
    if (payment.progress !== "paid" || payment.credit !== undefined) return state;
    // What could not be credited and went back to the payer is settled.
    if (payment.unappliedReason !== undefined && isWhollyTakenBack(payment)) return state;
    try {
      const { accountId, creditAmount: amount, currency: currencyCode, paymentId } = payment;
      const { ledgerScale } = await this.#ledger.account(accountId);
      const reference = creditReferenceOf(payment);
      const order = { accountId, amount: { currencyCode, amount }, reference, paymentId };
      const posting = await this.#ledger.credit(order);
      const { unappliedReason: _, ...rest } = payment;
      const effect = `credited ${posting.amount} ${posting.currencyCode}`;
      return await this.#note(state, { ...rest, credit: { ...posting, ledgerScale } }, effect, posting);
    } catch (error) {
      if (!(error instanceof ServiceError) || !isRefusal(error)) throw error;
      const noted = await this.#note(state, { ...payment, unappliedReason: error.reason });
      return { ...noted, refusal: error };
    }
  }

  async #reverse(state: Settlement): Promise<Settlement> {
    const decided = await this.#decideReversal(state);
    const { payment } = decided.known;
    const { credit, reversal, accountId } = payment;
    if (credit === undefined || reversal.appliedRevision === reversal.revision) return decided;
    const posting = await this.#ledger.reverse({
      accountId,
      reference: creditReferenceOf(payment),
      total: { currencyCode: credit.currencyCode, amount: reversal.total },
      revision: reversal.revision,
      reason: `Refunds and disputes of payment ${payment.paymentId}`.slice(0, 500),
    });
    const transactionIds = posting
      ? [...reversal.transactionIds, posting.transactionId].slice(-paymentLimits.reversalTransactions)
      : reversal.transactionIds;
    const applied = { ...reversal, appliedRevision: reversal.revision, transactionIds };
    const effect = `took back ${reversal.total} ${credit.currencyCode} in all`;
    return this.#note(decided, { ...payment, reversal: applied }, effect, posting);
  }

  /** Writes down what to take back, with its revision, before Billing Core hears of it. */
  async #decideReversal(state: Settlement): Promise<Settlement> {
    const { payment } = state.known;
    const total = reversedTotalOf(payment);
    if (payment.credit === undefined || Decimal.parse(total).equals(Decimal.parse(payment.reversal.total)))
      return state;
    // By the clock, so that it grows even if the last ones written here were lost.
    const revision = Math.max(payment.reversal.revision + 1, Date.now());
    return this.#note(state, { ...payment, reversal: { ...payment.reversal, revision, total } });
  }

  async #freeze(state: Settlement, disputeId: string): Promise<Settlement> {
    const { payment } = state.known;
    const dispute = payment.disputes[disputeId]!;
    const step = freezeStep(dispute);
    if (step === undefined) return state;
    const noteFreeze = (from: Settlement, freeze: PaymentDispute["freeze"], effect?: string) => {
      const disputes = { ...payment.disputes, [disputeId]: { ...dispute, freeze } };
      return this.#note(from, { ...payment, disputes }, effect);
    };
    // Else a freeze whose answer was lost would not be lifted if the dispute is won before it is tried again.
    const begun = step === "freeze" ? await noteFreeze(state, "freezing") : state;
    const reason = `dispute:${disputeId}`.slice(0, 64);
    const comment = `Payment ${payment.paymentId}: ${dispute.status}, ${dispute.reason}`.slice(0, 500);
    await this.#ledger[step](payment.accountId, reason, comment).catch(ignoreGoneAccount);
    return step === "freeze"
      ? noteFreeze(begun, "frozen", `froze the account for ${disputeId}`)
      : noteFreeze(begun, "lifted", `lifted the freeze for ${disputeId}`);
  }

  async #note(
    state: Settlement,
    payment: Payment,
    effect?: string,
    posting?: { readonly transactionId: string },
  ): Promise<Settlement> {
    const known = await this.#records.save(state.known.version, { ...payment, updatedAtMs: Date.now() });
    return {
      ...state,
      known,
      effects: effect === undefined ? state.effects : [...state.effects, effect],
      ...(posting === undefined ? {} : { transactionId: posting.transactionId }),
    };
  }
}

function isRefusal({ reason }: ServiceError): boolean {
  return finalRefusals.has(reason) || passingRefusals.has(reason);
}

/** Open: freeze. Won, or no dispute after all: lift it. Lost: as it is, until an operator decides. */
function freezeStep({ status, freeze }: PaymentDispute): "freeze" | "unfreeze" | undefined {
  if (isOpenDispute({ status })) return freeze === "none" || freeze === "freezing" ? "freeze" : undefined;
  const isFrozen = freeze === "freezing" || freeze === "frozen";
  return isFrozen && status !== "lost" ? "unfreeze" : undefined;
}

/** A closed account needs no freeze, and one that does not exist can't have any. */
function ignoreGoneAccount(error: unknown): void {
  const { reason } = error as Partial<ServiceError>;
  if (reason !== "ACCOUNT_CLOSED" && reason !== "ACCOUNT_NOT_FOUND") throw error;
}
