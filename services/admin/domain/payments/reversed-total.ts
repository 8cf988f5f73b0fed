import { Decimal } from "#money/decimal.ts";
import { Ratio } from "#money/ratio.ts";
import { type Payment, targetOf } from "./payment.ts";

/**
 * How much of the credit refunds and disputes take back in all, in the account's currency: the same share as of
 * what was paid, rounded down; exactly the credit if all goes back. "0" before there is a credit.
 */
export function reversedTotalOf(payment: Payment): string {
  const { credit, totalAmount } = payment;
  if (credit === undefined || totalAmount === undefined) return "0";
  const paid = Decimal.parse(totalAmount);
  const target = targetOf(payment);
  if (paid.isZero()) return "0";
  if (target.compare(paid) >= 0) return Decimal.parse(credit.amount).toString();
  return Ratio.fromDecimal(Decimal.parse(credit.amount))
    .multiply(Ratio.fromDecimal(target))
    .divide(Ratio.fromDecimal(paid))
    .round(credit.ledgerScale, "down")
    .toString();
}
