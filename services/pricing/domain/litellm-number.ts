import { Decimal } from "#money/decimal.ts";
import { powerOfTen } from "#money/powers-of-ten.ts";
import { divideRounded } from "#money/rounding.ts";

/** Digits of a published price that mean something; what a float prints beyond is noise. */
const significantDigits = 10;
/** Bounds of a price in the contract: digits before and after the point. */
const maxDigits = 18;

const numberForm = /^([0-9]{1,40})(?:[.]([0-9]{1,40}))?(?:[eE]([+-]?[0-9]{1,3}))?$/;

/**
 * Reads a price from the digits of a JSON number as they stand in the source, never through floating point,
 * and cleans the noise that a float left in it: more than 10 significant digits are rounded to 10.
 *
 * @returns the price of `10^shift` units, or undefined for what is no price: negative, malformed, or with
 *   more than 18 digits before or after the point.
 */
export function readPriceDigits(source: string, shift: number): Decimal | undefined {
  const match = numberForm.exec(source);
  if (match === null) return undefined;
  const [, integer = "", fraction = "", exponent = "0"] = match;
  let units = BigInt(integer + fraction);
  let scale = fraction.length - Number(exponent) - shift;
  const excess = units.toString().length - significantDigits;
  if (excess > 0) {
    units = divideRounded(units, powerOfTen(excess), "half-even");
    scale -= excess;
  }
  while (units !== 0n && units % 10n === 0n) {
    units /= 10n;
    scale -= 1;
  }
  if (units === 0n) return Decimal.zero;
  if (scale > maxDigits || units.toString().length - scale > maxDigits) return undefined;
  return scale < 0 ? Decimal.ofUnits(units * powerOfTen(-scale), 0) : Decimal.ofUnits(units, scale);
}
