import type { PricedUsage } from "#gen/billing/type/v1/priced_usage_pb.ts";
import type { Rate } from "#gen/billing/type/v1/rate_pb.ts";
import { AmountOverflow, atomsFromExact, toAtoms } from "#money/atoms.ts";
import { Decimal, DecimalError } from "#money/decimal.ts";
import { Ratio } from "#money/ratio.ts";
import type { RoundingMode } from "#money/rounding.ts";
import { CoreError } from "./core-error.ts";
import { exactRate } from "./exact-rate.ts";

/** An account as far as an amount for it is derived. */
export interface AmountTarget {
  readonly currencyCode: string;
  readonly ledgerScale: number;
}

/** How an amount came about; enough to derive it again. */
export interface AmountDerivation {
  readonly sourceCurrency: string;
  /** What the caller named, or the exact price of the usage; canonical decimal. */
  readonly sourceAmount: string;
  /** The price of each usage; empty when an amount was named. */
  readonly pricedUsages: readonly PricedUsage[];
  /** Undefined when no conversion was needed. */
  readonly rate: Rate | undefined;
  readonly roundingMode: RoundingMode;
  /** What is booked or held. */
  readonly amountAtoms: bigint;
}

/** Fraction digits of an exact amount for display. */
const exactDigits = 36;

/**
 * The atoms of an amount in the account's own currency: nothing is rounded.
 *
 * @throws CoreError AMOUNT_INVALID or AMOUNT_OVERFLOW, naming the field.
 */
export function atomsOfNamedAmount(amount: string, target: AmountTarget, field: string): bigint {
  try {
    return toAtoms(amount, target.ledgerScale);
  } catch (error) {
    if (error instanceof DecimalError)
      throw new CoreError("AMOUNT_INVALID", `${field}: ${error.message}`, { cause: error });
    throw overflowOf(error);
  }
}

/**
 * Converts exactly and rounds once, to the account's scale. An amount other than 0 that would become 0 is
 * AMOUNT_BECOMES_ZERO, which only modes other than `up` can bring about.
 */
export function deriveAmount(
  source: { readonly currency: string; readonly amount: string },
  pricedUsages: readonly PricedUsage[],
  rate: Rate | undefined,
  target: AmountTarget,
  roundingMode: RoundingMode,
): AmountDerivation {
  const amount = Decimal.parse(source.amount);
  const exact = exactAmountOf(amount, rate);
  let amountAtoms: bigint;
  try {
    amountAtoms = atomsFromExact(exact, target.ledgerScale, roundingMode);
  } catch (error) {
    throw overflowOf(error);
  }
  if (amountAtoms === 0n && !amount.isZero()) {
    throw new CoreError(
      "AMOUNT_BECOMES_ZERO",
      `${source.amount} ${source.currency} is less than the least amount of ${target.currencyCode}`,
      {
        metadata: { from_currency: source.currency, to_currency: target.currencyCode },
      },
    );
  }
  return {
    sourceCurrency: source.currency,
    sourceAmount: amount.toString(),
    pricedUsages,
    rate,
    roundingMode,
    amountAtoms,
  };
}

/** The amount in the account's currency before rounding, with at most 36 fraction digits. */
export function exactAmountText(derivation: AmountDerivation): string {
  if (derivation.rate === undefined) return derivation.sourceAmount;
  const exact = exactAmountOf(Decimal.parse(derivation.sourceAmount), derivation.rate);
  return exact.round(exactDigits, "half-even").toString();
}

/**
 * The sum of prices that belong to one call.
 *
 * @throws CoreError USAGE_INVALID if they are in different currencies: one call has one rate.
 */
export function sumOfPrices(priced: readonly PricedUsage[]): { currency: string; amount: string } {
  const currencies = [...new Set(priced.map(({ currencyCode }) => currencyCode))];
  const [currency] = currencies;
  if (currency === undefined || currencies.length > 1) {
    throw new CoreError(
      "USAGE_INVALID",
      `the prices of one call must be in one currency, but are in ${currencies.join(", ")}`,
    );
  }
  const amount = priced.reduce((sum, { exactTotal }) => sum.add(Decimal.parse(exactTotal)), Decimal.zero);
  return { currency, amount: amount.toString() };
}

function exactAmountOf(amount: Decimal, rate: Rate | undefined): Decimal | Ratio {
  return rate === undefined ? amount : Ratio.fromDecimal(amount).multiply(exactRate(rate));
}

function overflowOf(error: unknown): unknown {
  return error instanceof AmountOverflow
    ? new CoreError("AMOUNT_OVERFLOW", error.message, { cause: error })
    : error;
}
