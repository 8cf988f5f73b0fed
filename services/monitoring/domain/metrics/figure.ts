import { Decimal } from "#money/decimal.ts";
import { powerOfTen } from "#money/powers-of-ten.ts";
import { divideRounded } from "#money/rounding.ts";

/** An exact decimal as a whole number of steps of 10⁻¹⁸: what series are made of. */
export type Figure = bigint;

/** Digits after the point of every figure. */
export const figureScale = 18;
/** The figure 1. */
export const oneFigure: Figure = powerOfTen(figureScale);

/** Significant digits of what is divided or multiplied. */
const significantDigits = 12;

/** A decimal with at most 18 fraction digits as a figure. @throws DecimalError. */
export function parseFigure(text: string): Figure {
  return Decimal.parse(text, { integerDigits: 40, fractionDigits: figureScale }).toUnits(
    figureScale,
    "half-even",
  );
}

/** Canonical text of a figure. */
export function formatFigure(figure: Figure): string {
  return Decimal.ofUnits(figure, figureScale).toString();
}

/** A whole number as a figure. */
export function countFigure(count: bigint | number): Figure {
  return BigInt(count) * oneFigure;
}

/** Atoms at a ledger scale as a figure in the currency's major unit. */
export function figureOfAtoms(atoms: bigint, ledgerScale: number): Figure {
  return atoms * powerOfTen(figureScale - ledgerScale);
}

/** The smaller of two. */
export function lesserFigure(left: Figure, right: Figure): Figure {
  if (right < left) return right;
  return left;
}

/** The larger of two. */
export function greaterFigure(left: Figure, right: Figure): Figure {
  if (right > left) return right;
  return left;
}

/** numerator ÷ denominator, rounded half even to 12 significant digits; undefined if the denominator is 0. */
export function divideFigures(numerator: Figure, denominator: Figure): Figure | undefined {
  if (denominator === 0n) return undefined;
  // Six more digits than a figure has, so that the rounding below is the only one that matters.
  const guard = 6;
  const quotient = divideRounded(numerator * powerOfTen(figureScale + guard), denominator, "down");
  const sticky = quotient * denominator === numerator * powerOfTen(figureScale + guard) ? 0n : 1n;
  // A digit that stands for all that was cut off, so that a tie is a tie only if it is exact.
  const exact = quotient * 10n + (quotient < 0n || numerator < 0n !== denominator < 0n ? -sticky : sticky);
  return roundSignificant(exact, guard + 1);
}

/** A floating-point result, such as a quantile, as a figure of 12 significant digits. */
export function figureOfNumber(value: number): Figure {
  if (value === 0) return 0n;
  const digitsBefore = Math.floor(Math.log10(Math.abs(value))) + 1;
  const fractionDigits = Math.min(figureScale, Math.max(0, significantDigits - digitsBefore));
  return parseFigure(value.toFixed(fractionDigits));
}

/** Rounds units that have `extraDigits` digits more than a figure to 12 significant digits of a figure. */
function roundSignificant(units: bigint, extraDigits: number): Figure {
  const digits = (units < 0n ? -units : units).toString().length;
  const cut = Math.max(extraDigits, digits - significantDigits);
  return divideRounded(units, powerOfTen(cut), "half-even") * powerOfTen(cut - extraDigits);
}
