import { Decimal } from "#money/decimal.ts";
import { Ratio } from "#money/ratio.ts";
import type { RoundingMode } from "#money/rounding.ts";
import { ExchangeError } from "../exchange-error.ts";

/** How a converted amount is brought to digits. */
export interface RoundingTerms {
  /** Digits after the point. */
  readonly digits: number;
  readonly mode: RoundingMode;
  /** True allows an amount other than 0 to become 0. */
  readonly allowZero: boolean;
}

/** An amount in another currency. */
export interface ConvertedAmount {
  /** Rounded as asked; undefined if the exact amount was asked for. */
  readonly rounded: Decimal | undefined;
  /** With up to 36 fraction digits, half even. */
  readonly unrounded: Decimal;
  /** True if `unrounded` lost nothing. */
  readonly unroundedIsExact: boolean;
}

const unroundedDigits = 36;
/** First amount that no Money of the contract can hold. */
const amountBound = Decimal.ofUnits(10n ** 25n, 0);

/**
 * Amount × rate, exact, then rounded once; without `rounding` it is not rounded.
 *
 * @throws ExchangeError AMOUNT_OVERFLOW, AMOUNT_BECOMES_ZERO.
 */
export function convertAmount(
  amount: Decimal,
  factor: Ratio,
  rounding: RoundingTerms | undefined,
): ConvertedAmount {
  const exact = Ratio.fromDecimal(amount).multiply(factor);
  const unrounded = exact.round(unroundedDigits, "half-even");
  requireHoldable(unrounded);
  const unroundedIsExact = Ratio.fromDecimal(unrounded).compare(exact) === 0;
  if (rounding === undefined) return { rounded: undefined, unrounded, unroundedIsExact };

  // From the exact value, not from the 36 digits: rounding twice can end one unit off.
  const rounded = exact.round(rounding.digits, rounding.mode);
  requireHoldable(rounded);
  if (rounded.isZero() && !exact.isZero() && !rounding.allowZero)
    throw new ExchangeError(
      "AMOUNT_BECOMES_ZERO",
      `${unrounded} would become 0 with ${rounding.digits} digits after the point`,
      { metadata: { unrounded_amount: unrounded.toString() } },
    );
  return { rounded, unrounded, unroundedIsExact };
}

function requireHoldable(amount: Decimal): void {
  const magnitude = amount.isNegative() ? amount.negate() : amount;
  if (magnitude.compare(amountBound) >= 0)
    throw new ExchangeError(
      "AMOUNT_OVERFLOW",
      "the converted amount has more than 25 digits before the point",
    );
}
