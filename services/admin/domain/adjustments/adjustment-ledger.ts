import { Decimal, DecimalError } from "#money/decimal.ts";
import { ServiceError } from "#platform/errors/service-error.ts";
import type { AdjustmentRequest } from "./adjustment.ts";

/** What Billing Core says of an account. */
export interface AdjustedAccount {
  readonly currencyCode: string;
  /** Digits after the point that its ledger keeps. */
  readonly ledgerScale: number;
  readonly available: Decimal;
  readonly spendable: Decimal;
  readonly reserved: Decimal;
}

/** What Billing Core booked. */
export interface BookedAdjustment {
  readonly transactionId: string;
  readonly availableAfter: Decimal;
}

/** Corrections at Billing Core; errors are its own. */
export interface AdjustmentLedger {
  readAccount(accountId: string): Promise<AdjustedAccount>;
  /** Books a correction; the same id books it once, for at least 48 h. */
  book(adjustment: {
    readonly adjustmentId: string;
    readonly accountId: string;
    readonly currencyCode: string;
    readonly amount: string;
    readonly reason: string;
    readonly allowNegative: boolean;
  }): Promise<BookedAdjustment>;
  /** What was booked under this id since a time, however long ago; undefined if nothing was. */
  find(accountId: string, adjustmentId: string, sinceMs: number): Promise<BookedAdjustment | undefined>;
}

/**
 * The amount of a correction.
 *
 * @throws ServiceError AMOUNT_INVALID if it is no decimal, or 0.
 */
export function parseAmount(amount: string): Decimal {
  try {
    const parsed = Decimal.parse(amount);
    if (!parsed.isZero()) return parsed;
  } catch (error) {
    if (!(error instanceof DecimalError)) throw error;
    throw amountInvalid(error.why);
  }
  throw amountInvalid("must not be 0");
}

/**
 * Checks what Billing Core would check, for a correction that is only shown, or asked for and not made yet.
 *
 * @throws ServiceError CURRENCY_MISMATCH, AMOUNT_INVALID, INSUFFICIENT_FUNDS, as Billing Core would.
 */
export function requireFit(asked: AdjustmentRequest, account: AdjustedAccount): void {
  const { currencyCode, ledgerScale, spendable, reserved } = account;
  if (asked.currencyCode !== currencyCode) {
    throw new ServiceError("CURRENCY_MISMATCH", `amount: must be in ${currencyCode}`, {
      metadata: { currency_code: currencyCode },
    });
  }
  const amount = parseAmount(asked.amount);
  if (!amount.round(ledgerScale, "down").equals(amount))
    throw amountInvalid(`at most ${ledgerScale} digits may stand after the point`);
  if (!amount.isNegative() || asked.allowNegative || !spendable.add(amount).isNegative()) return;
  throw new ServiceError("INSUFFICIENT_FUNDS", "the account would go below what it can spend", {
    metadata: {
      required: amount.negate().toString(),
      spendable: spendable.toString(),
      reserved: reserved.toString(),
      currency_code: currencyCode,
    },
  });
}

function amountInvalid(why: string): ServiceError {
  const field = "amount.amount";
  return new ServiceError("AMOUNT_INVALID", `${field}: ${why}`, { fields: [{ field, description: why }] });
}
