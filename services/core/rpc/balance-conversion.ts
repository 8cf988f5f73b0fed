import { create } from "@bufbuild/protobuf";
import { ConvertedBalanceSchema } from "#gen/billing/core/v1/balance_pb.ts";
import { Decimal } from "#money/decimal.ts";
import { Ratio } from "#money/ratio.ts";
import { ServiceError } from "#platform/errors/service-error.ts";
import type { Balance } from "../domain/balance.ts";
import { exactRate } from "../domain/exact-rate.ts";
import type { RateSource } from "../domain/rating-peers.ts";
import type { LedgerUnit } from "../domain/results.ts";

/** A balance in another currency for display, at the rate of now or of a past time; why not, where there is none. */
export async function convertBalance(
  rates: RateSource,
  balance: Balance,
  unit: LedgerUnit & { accountId: string },
  code: string,
  asOfMs: number | undefined,
) {
  try {
    const [{ rate }, { minorDigits }] = await Promise.all([
      rates.rate({
        fromCurrency: unit.currencyCode,
        toCurrency: code,
        accountId: unit.accountId,
        quoteId: "",
        asOfMs,
      }),
      rates.currency(code),
    ]);
    const factor = exactRate(rate);
    const convert = (atoms: bigint) => ({
      currencyCode: code,
      amount: Ratio.fromDecimal(Decimal.ofUnits(atoms, unit.ledgerScale))
        .multiply(factor)
        .round(minorDigits, "half-even")
        .toFixed(minorDigits),
    });
    return create(ConvertedBalanceSchema, {
      currencyCode: code,
      available: convert(balance.availableAtoms),
      spendable: convert(balance.spendableAtoms),
      rate,
    });
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return create(ConvertedBalanceSchema, { currencyCode: code, unavailableReason: error.reason });
  }
}
