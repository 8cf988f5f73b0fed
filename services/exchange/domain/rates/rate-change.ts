import { Decimal, maxDecimal } from "#money/decimal.ts";
import { Ratio } from "#money/ratio.ts";
import type { KnownCurrency } from "../currencies/currency-directory.ts";

const percentDigits = 6;
const hundred = Decimal.ofUnits(100n, 0);

/** How a rate differs from another, in percent of that: signed, 6 digits, half even. */
export function changePercent(rate: Decimal, from: Ratio): Decimal {
  const change = Ratio.fromDecimal(rate).divide(from);
  const relative = Ratio.of(change.numerator - change.denominator, change.denominator);
  return relative.multiply(Ratio.fromDecimal(hundred)).round(percentDigits, "half-even");
}

/** Whether a change is larger than what is allowed, in either direction. */
export function exceeds(change: Decimal, allowed: Decimal): boolean {
  return (change.isNegative() ? change.negate() : change).compare(allowed) > 0;
}

/** The change that a pair's guards allow, in percent: the more volatile of the two currencies decides. */
export function largestChange(pair: readonly [KnownCurrency, KnownCurrency]): Decimal {
  const [first, second] = pair.map(({ guard }) => Decimal.parse(guard.maxChangePercent));
  return maxDecimal(first!, second!);
}
