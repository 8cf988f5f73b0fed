import { Decimal } from "#money/decimal.ts";
import { amountFractionDigits } from "./exact-division.ts";

const hundred = Decimal.parse("100");

/** An amount with the digits that the contract has room for: 36 after the point, beyond them half even. */
export function amountOf(value: Decimal): Decimal {
  return value.round(amountFractionDigits, "half-even");
}

/** `percent` hundredths of an amount. */
export function percentOf(amount: Decimal, percent: Decimal): Decimal {
  const product = amount.multiply(percent);
  return amountOf(Decimal.ofUnits(product.units, product.scale + 2));
}

/** What is left of 100 %. */
export function restOfPercent(percent: Decimal): Decimal {
  return hundred.subtract(percent);
}

/** The value, or 0 if it is below. */
export function atLeastZero(value: Decimal): Decimal {
  return value.isNegative() ? Decimal.zero : value;
}
