import { Decimal } from "#money/decimal.ts";
import { powerOfTen } from "#money/powers-of-ten.ts";
import { divideRounded } from "#money/rounding.ts";

/** A JSON number with the digits that stand in the source. */
export class SourceNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/**
 * A price that prints so many digits was computed in floating point; what then means something is fewer. Up to
 * there every digit is kept: 2.0751953125e-09 is a price.
 */
const noise = { fromDigits: 15, meaningfulDigits: 10 } as const;
/** Bounds of a price in the contract: digits before and after the point. */
const maxDigits = 18;

const numberForm = /^([0-9]{1,40})(?:[.]([0-9]{1,40}))?(?:[eE]([+-]?[0-9]{1,3}))?$/;

/**
 * Reads a price from the digits as they stand in the source, never through floating point.
 *
 * @param shift the price is one of `10^shift` units
 * @param cleansNoise whether the noise that a float left in it is rounded away; else no digit is lost
 * @returns undefined for what is no price: negative, malformed, or with more than 18 digits before or after the
 *   point.
 */
export function readPriceDigits(source: string, shift: number, cleansNoise = false): Decimal | undefined {
  const match = numberForm.exec(source);
  if (match === null) return undefined;
  const [, integer = "", fraction = "", exponent = "0"] = match;
  let units = BigInt(integer + fraction);
  let scale = fraction.length - Number(exponent) - shift;
  const digits = units.toString().length;
  if (cleansNoise && digits >= noise.fromDigits) {
    const excess = digits - noise.meaningfulDigits;
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
