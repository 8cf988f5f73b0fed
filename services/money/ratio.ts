import { Decimal, requireDigits } from "./decimal.ts";
import { powerOfTen } from "./powers-of-ten.ts";
import { divideRounded, type RoundingMode } from "./rounding.ts";

/**
 * An exact fraction, for what a decimal cannot hold: one divided by a rate, a cross of two rates. Multiply
 * and divide all steps first, then round once. Immutable.
 */
export class Ratio {
  static readonly one: Ratio = new Ratio(1n, 1n);

  readonly numerator: bigint;
  /** Always positive; common factors may remain. */
  readonly denominator: bigint;

  private constructor(numerator: bigint, denominator: bigint) {
    this.numerator = numerator;
    this.denominator = denominator;
  }

  /** @throws RangeError if the denominator is 0. */
  static of(numerator: bigint, denominator: bigint): Ratio {
    if (denominator === 0n) throw new RangeError("Division by zero");
    return denominator < 0n ? new Ratio(-numerator, -denominator) : new Ratio(numerator, denominator);
  }

  /** The same value as a fraction. */
  static fromDecimal(value: Decimal): Ratio {
    return new Ratio(value.units, powerOfTen(value.scale));
  }

  multiply(other: Ratio): Ratio {
    return new Ratio(this.numerator * other.numerator, this.denominator * other.denominator);
  }

  /** @throws RangeError if the other is 0. */
  divide(other: Ratio): Ratio {
    return this.multiply(other.invert());
  }

  /** @throws RangeError if this is 0. */
  invert(): Ratio {
    return Ratio.of(this.denominator, this.numerator);
  }

  /** −1, 0 or 1 as this is less than, equal to or greater than the other. */
  compare(other: Ratio): -1 | 0 | 1 {
    const left = this.numerator * other.denominator;
    const right = other.numerator * this.denominator;
    return left < right ? -1 : left > right ? 1 : 0;
  }

  isZero(): boolean {
    return this.numerator === 0n;
  }

  isNegative(): boolean {
    return this.numerator < 0n;
  }

  /** The decimal with `digits` digits after the point that the mode chooses. */
  round(digits: number, mode: RoundingMode): Decimal {
    return Decimal.ofUnits(this.toUnits(digits, mode), digits);
  }

  /** The value in steps of `10^-digits`, rounded once to a whole number of them. */
  toUnits(digits: number, mode: RoundingMode): bigint {
    requireDigits(digits);
    return divideRounded(this.numerator * powerOfTen(digits), this.denominator, mode);
  }

  /** "numerator/denominator", for messages. */
  toString(): string {
    return `${this.numerator}/${this.denominator}`;
  }

  /** Lets a ratio stand in a text and refuses `<`, `+` and their like. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    throw new TypeError("A Ratio takes no operators; use its methods");
  }
}
