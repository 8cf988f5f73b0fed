import { powerOfTen } from "./powers-of-ten.ts";
import { divideRounded, type RoundingMode } from "./rounding.ts";

/** How long a decimal may be as written; zeros count. */
export interface DecimalBounds {
  /** Most digits before the point. */
  integerDigits: number;
  /** Most digits after the point. */
  fractionDigits: number;
}

/** Wide enough for a price with 18 fraction digits times a quantity with 18. */
export const defaultDecimalBounds: Readonly<DecimalBounds> = { integerDigits: 40, fractionDigits: 36 };

/** A text is no decimal, or not one that fits; the message quotes it and says why. */
export class DecimalError extends Error {
  override readonly name = "DecimalError";
  /** Why, without the text: "an exponent is not allowed". */
  readonly why: string;

  constructor(text: unknown, why: string) {
    super(`${quoted(text)} is not a valid decimal: ${why}`);
    this.why = why;
  }
}

/**
 * An exact decimal number, `units × 10^-scale`. Immutable; every operation but `round` is exact. Compare
 * with `compare` and `equals`: operators are refused, since `<` would compare texts.
 */
export class Decimal {
  static readonly zero: Decimal = new Decimal(0n, 0);
  static readonly one: Decimal = new Decimal(1n, 0);

  /** The value times `10^scale`. */
  readonly units: bigint;
  /** Digits after the point, ≥ 0; trailing zeros may be among them. */
  readonly scale: number;

  private constructor(units: bigint, scale: number) {
    this.units = units;
    this.scale = scale;
  }

  /**
   * Reads digits with an optional minus and an optional fraction: "12", "-0.5", "007.10". No exponent, no
   * plus, no grouping, no bare point, no spaces.
   *
   * @throws DecimalError saying what is wrong.
   */
  static parse(text: string, bounds: DecimalBounds = defaultDecimalBounds): Decimal {
    // The length comes first, so that a hostile text costs nothing to refuse.
    if (typeof text !== "string") throw new DecimalError(text, "it must be a text");
    if (text.length > bounds.integerDigits + bounds.fractionDigits + 2) {
      throw new DecimalError(text, "it is too long");
    }
    const match = decimalPattern.exec(text);
    if (match === null) throw new DecimalError(text, whyMalformed(text));
    const [, minus = "", integer = "", fraction = ""] = match;
    if (integer.length > bounds.integerDigits) {
      throw new DecimalError(text, `at most ${bounds.integerDigits} digits may stand before the point`);
    }
    if (fraction.length > bounds.fractionDigits) {
      throw new DecimalError(text, `at most ${bounds.fractionDigits} digits may stand after the point`);
    }
    const magnitude = BigInt(integer + fraction);
    return new Decimal(minus === "" ? magnitude : -magnitude, fraction.length);
  }

  /** `units × 10^-scale`, for example `ofUnits(125n, 2)` is 1.25. The scale is a whole number ≥ 0. */
  static ofUnits(units: bigint, scale: number): Decimal {
    requireDigits(scale);
    return new Decimal(units, scale);
  }

  add(other: Decimal): Decimal {
    const scale = Math.max(this.scale, other.scale);
    return new Decimal(this.#unitsAt(scale) + other.#unitsAt(scale), scale);
  }

  subtract(other: Decimal): Decimal {
    return this.add(other.negate());
  }

  multiply(other: Decimal): Decimal {
    return new Decimal(this.units * other.units, this.scale + other.scale);
  }

  negate(): Decimal {
    return new Decimal(-this.units, this.scale);
  }

  /** −1, 0 or 1 as this is less than, equal to or greater than the other. */
  compare(other: Decimal): -1 | 0 | 1 {
    const scale = Math.max(this.scale, other.scale);
    const left = this.#unitsAt(scale);
    const right = other.#unitsAt(scale);
    return left < right ? -1 : left > right ? 1 : 0;
  }

  /** True for the same value, however many zeros it was written with. */
  equals(other: Decimal): boolean {
    return this.compare(other) === 0;
  }

  isZero(): boolean {
    return this.units === 0n;
  }

  isNegative(): boolean {
    return this.units < 0n;
  }

  /** The value with at most `digits` digits after the point. */
  round(digits: number, mode: RoundingMode): Decimal {
    requireDigits(digits);
    return digits >= this.scale ? this : new Decimal(this.toUnits(digits, mode), digits);
  }

  /** The value in steps of `10^-digits`, rounded once to a whole number of them. */
  toUnits(digits: number, mode: RoundingMode): bigint {
    requireDigits(digits);
    if (digits >= this.scale) return this.#unitsAt(digits);
    return divideRounded(this.units, powerOfTen(this.scale - digits), mode);
  }

  /** Canonical text: no trailing zeros, no bare point, "0" and never "-0". */
  toString(): string {
    return formatUnits(this.units, this.scale, 0);
  }

  /** At least `fractionDigits` digits after the point, none cut off: 12.3 at 2 is "12.30". */
  toFixed(fractionDigits: number): string {
    requireDigits(fractionDigits);
    return formatUnits(this.units, this.scale, fractionDigits);
  }

  toJSON(): string {
    return this.toString();
  }

  /** Lets a decimal stand in a text and refuses `<`, `+` and their like. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    throw new TypeError("A Decimal takes no operators; use its methods");
  }

  /** The units at a scale that is not smaller than this one's. */
  #unitsAt(scale: number): bigint {
    return scale === this.scale ? this.units : this.units * powerOfTen(scale - this.scale);
  }
}

/** The greatest of one or more decimals. */
export function maxDecimal(first: Decimal, ...others: Decimal[]): Decimal {
  return others.reduce((greatest, each) => (each.compare(greatest) > 0 ? each : greatest), first);
}

/** The least of one or more decimals. */
export function minDecimal(first: Decimal, ...others: Decimal[]): Decimal {
  return others.reduce((least, each) => (each.compare(least) < 0 ? each : least), first);
}

/** Most digits that a result may be asked for. */
const maxDigits = 1000;

/** @throws RangeError unless it is a whole number from 0 to 1,000. */
export function requireDigits(digits: number): void {
  if (Number.isInteger(digits) && digits >= 0 && digits <= maxDigits) return;
  throw new RangeError(`Digits must be a whole number from 0 to ${maxDigits}, not ${digits}`);
}

const decimalPattern = /^(-?)([0-9]+)(?:[.]([0-9]+))?$/;

/** Asked in order of a text that is no decimal; the first that fits is the reason given. */
const malformations: readonly [pattern: RegExp, why: string][] = [
  [/^$/, "it is empty"],
  [/\s/, "spaces are not allowed"],
  [/^[+]/, "a plus sign is not allowed"],
  [/^-?[0-9.]+[eE][+-]?[0-9]+$/, "an exponent is not allowed"],
  [/^-?[0-9]+(?:[,_'][0-9]+)+/, "grouping and decimal commas are not allowed"],
  [/^-?[.][0-9]+$/, "a digit must stand before the point"],
  [/^-?[0-9]+[.]$/, "a digit must stand after the point"],
  [/^(?:[^.]*[.]){2}/, "only one point is allowed"],
  [/./s, "only digits, one point and a leading minus are allowed"],
];

function whyMalformed(text: string): string {
  return malformations.find(([pattern]) => pattern.test(text))?.[1] ?? "it is malformed";
}

/** The value in quotes, short and without control characters, for an error message. */
function quoted(value: unknown): string {
  const text = String(value);
  return JSON.stringify(text.length > 48 ? `${text.slice(0, 47)}…` : text);
}

function formatUnits(units: bigint, scale: number, minFractionDigits: number): string {
  const sign = units < 0n ? "-" : "";
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
  const point = digits.length - scale;
  let end = digits.length;
  while (end > point && digits.charCodeAt(end - 1) === zeroCharacterCode) end -= 1;
  const fraction = digits.slice(point, end).padEnd(minFractionDigits, "0");
  return sign + digits.slice(0, point) + (fraction === "" ? "" : `.${fraction}`);
}

const zeroCharacterCode = 48;
