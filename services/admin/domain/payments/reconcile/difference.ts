import { Decimal } from "#money/decimal.ts";
import type { Payment } from "../payment.ts";
import type { Amount } from "../payment-ledger.ts";
import { reversedTotalOf } from "../reversed-total.ts";

export type DifferenceKind =
  | "EVENT_MISSED"
  | "PAYMENT_UNKNOWN"
  | "CREDIT_MISSING"
  | "CREDIT_DIFFERS"
  | "REVERSAL_DIFFERS"
  | "PAYMENT_MISSING"
  | "STATE_DIFFERS";

/** What differs between Stripe, Admin and Billing Core over one payment or event. */
export interface Difference {
  readonly kind: DifferenceKind;
  /** Empty if Admin does not know it. */
  readonly paymentId: string;
  readonly accountId: string;
  /** Stripe's id of the object or event. */
  readonly stripeId: string;
  /** Net credits that Billing Core should have and has; undefined where no amount is concerned. */
  readonly expected?: Amount;
  readonly actual?: Amount;
  readonly description: string;
  /** What puts it right; undefined if a person has to decide. */
  readonly repair?: () => Promise<void>;
}

/** A difference with what became of its repair. */
export interface ReportedDifference extends Omit<Difference, "repair"> {
  readonly isRepaired: boolean;
  /** Why a repair failed; empty if it did not. */
  readonly repairError: string;
}

/** What Billing Core should have for a payment in all, in the account's currency; undefined before a credit. */
export function expectedNet(payment: Payment): Amount | undefined {
  const { credit } = payment;
  if (credit === undefined) return undefined;
  const net = Decimal.parse(credit.amount).subtract(Decimal.parse(reversedTotalOf(payment)));
  return { currencyCode: credit.currencyCode, amount: net.toString() };
}
