import { Decimal } from "#money/decimal.ts";
import { CommonError } from "#platform/errors/common-error.ts";
import { ServiceError } from "#platform/errors/service-error.ts";
import type { AdjustmentLedger, BookedAdjustment } from "../domain/adjustments/adjustment-ledger.ts";

/** Corrections of accounts in USD at a ledger that a test controls; it books an id once, as Billing Core does. */
export class FakeLedger implements AdjustmentLedger {
  readonly balances = new Map<string, Decimal>();
  /** Ids in the order of their booking. */
  readonly booked: string[] = [];
  readonly #known = new Map<string, BookedAdjustment>();
  /** How the next calls of `book` end. */
  readonly faults: Array<"lost-request" | "lost-reply"> = [];
  /** Whether it has forgotten the ids that it booked; the journal still has them. */
  forgetful = false;

  async readAccount(accountId: string) {
    const available = this.#balanceOf(accountId);
    return { currencyCode: "USD", ledgerScale: 8, available, spendable: available, reserved: Decimal.zero };
  }

  async book(asked: Parameters<AdjustmentLedger["book"]>[0]): Promise<BookedAdjustment> {
    const fault = this.faults.shift();
    if (fault === "lost-request") throw new CommonError("PEER_UNAVAILABLE", "the ledger did not answer");
    const known = this.forgetful ? undefined : this.#known.get(asked.adjustmentId);
    const booked = known ?? this.#bookNew(asked);
    if (fault === "lost-reply") throw new CommonError("PEER_UNAVAILABLE", "the ledger did not answer");
    return booked;
  }

  async find(_accountId: string, adjustmentId: string): Promise<BookedAdjustment | undefined> {
    return this.#known.get(adjustmentId);
  }

  #bookNew({
    adjustmentId,
    accountId,
    currencyCode,
    amount,
    allowNegative,
  }: Parameters<AdjustmentLedger["book"]>[0]): BookedAdjustment {
    const after = this.#balanceOf(accountId).add(Decimal.parse(amount));
    if (currencyCode !== "USD") throw new ServiceError("CURRENCY_MISMATCH", "amount: must be in USD");
    if (after.isNegative() && !allowNegative) throw new ServiceError("INSUFFICIENT_FUNDS", "too little");
    this.balances.set(accountId, after);
    this.booked.push(adjustmentId);
    const booked = { transactionId: `t-${this.booked.length}`, availableAfter: after };
    this.#known.set(adjustmentId, booked);
    return booked;
  }

  #balanceOf(accountId: string): Decimal {
    const balance = this.balances.get(accountId);
    if (balance === undefined) throw new ServiceError("ACCOUNT_NOT_FOUND", "there is no such account");
    return balance;
  }
}
