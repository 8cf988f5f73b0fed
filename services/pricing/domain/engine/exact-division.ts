import { Decimal } from "#money/decimal.ts";
import { powerOfTen } from "#money/powers-of-ten.ts";
import { divideRounded } from "#money/rounding.ts";

/** Most digits after the point of an amount that Pricing computes. */
export const amountFractionDigits = 36;

/**
 * The quotient, exact wherever 36 digits after the point hold it. One that does not end, such as a third, is
 * brought to 36 digits, half even.
 *
 * @param divisor above 0
 */
export function divideExactly(dividend: Decimal, divisor: Decimal): Decimal {
  const zeros = zerosOfPowerOfTen(divisor.units);
  const scale = dividend.scale - divisor.scale;
  if (zeros !== undefined && scale + zeros >= 0) {
    return Decimal.ofUnits(dividend.units, scale + zeros).round(amountFractionDigits, "half-even");
  }
  const numerator = dividend.units * powerOfTen(amountFractionDigits + divisor.scale);
  const denominator = divisor.units * powerOfTen(dividend.scale);
  return Decimal.ofUnits(divideRounded(numerator, denominator, "half-even"), amountFractionDigits);
}

const powersOfTen: ReadonlyMap<bigint, number> = new Map(
  Array.from({ length: amountFractionDigits }, (_, zeros) => [powerOfTen(zeros), zeros]),
);

/** How many zeros the usual divisors (1, 1,000, 1,000,000) have: dividing by them moves only the point. */
function zerosOfPowerOfTen(units: bigint): number | undefined {
  return powersOfTen.get(units);
}
