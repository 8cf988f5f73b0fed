import { readFileSync } from "node:fs";
import { findIsoCurrency } from "#money/currency.ts";
import { Decimal } from "#money/decimal.ts";

/** What Stripe says of its currencies; the file names its source. */
interface CurrencyRules {
  readonly zero_decimal: readonly string[];
  readonly three_decimal_last_digit_zero: readonly string[];
  readonly two_decimal_whole_units_only: readonly string[];
  readonly minimum_charge_minor: Readonly<Record<string, number>>;
  readonly maximum_digits: Readonly<Record<string, number>> & { readonly default: number };
}

/** How amounts of a currency are paid by Stripe. Its minor unit is not always that of ISO 4217. */
export interface PaymentCurrency {
  /** In capital letters. */
  readonly code: string;
  /** Digits after the point of the unit in which Stripe counts. */
  readonly minorDigits: number;
  /** Digits after the point that an amount may have, at most `minorDigits`. */
  readonly payableDigits: number;
  /** The least and greatest amount of one payment, in the major unit. */
  readonly minimum: Decimal;
  readonly maximum: Decimal;
}

const rules = JSON.parse(
  readFileSync(new URL("../../bundled/stripe-currencies.json", import.meta.url), "utf8"),
) as CurrencyRules;

const zeroDecimal = new Set(rules.zero_decimal);
const threeDecimal = new Set(rules.three_decimal_last_digit_zero);
const wholeUnits = new Set(rules.two_decimal_whole_units_only);

/** The rules of a currency; undefined for custom units and codes that are no active currency of ISO 4217. */
export function findPaymentCurrency(code: string): PaymentCurrency | undefined {
  if (findIsoCurrency(code) === undefined) return undefined;
  const minorDigits = zeroDecimal.has(code) ? 0 : threeDecimal.has(code) ? 3 : 2;
  const payableDigits = threeDecimal.has(code) ? 2 : wholeUnits.has(code) ? 0 : minorDigits;
  const step = Decimal.ofUnits(1n, payableDigits);
  const minimumMinor = rules.minimum_charge_minor[code];
  const digits = rules.maximum_digits[code] ?? rules.maximum_digits.default;
  return {
    code,
    minorDigits,
    payableDigits,
    minimum: minimumMinor === undefined ? step : Decimal.ofUnits(BigInt(minimumMinor), minorDigits),
    // The greatest number of so many digits that is payable.
    maximum: Decimal.ofUnits(10n ** BigInt(digits) - 1n, minorDigits).round(payableDigits, "down"),
  };
}

/** An amount as Stripe counts it, as an exact decimal of the major unit. Undefined if the currency is unknown. */
export function fromMinorUnits(code: string, minor: number): string | undefined {
  const currency = findPaymentCurrency(code);
  return currency && Decimal.ofUnits(BigInt(minor), currency.minorDigits).toString();
}

/** A payable amount as Stripe counts it; below 10¹², so that it is a safe integer. */
export function toMinorUnits({ minorDigits }: PaymentCurrency, amount: Decimal): number {
  return Number(amount.toUnits(minorDigits, "down"));
}
