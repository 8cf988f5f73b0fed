import type { LowBalanceThreshold } from "#gen/billing/core/v1/account_pb.ts";
import type { Money } from "#gen/billing/type/v1/money_pb.ts";
import { fromAtoms } from "#money/atoms.ts";
import type * as domain from "../domain/account.ts";
import { atomsOfNamedAmount } from "../domain/amount-derivation.ts";
import { CoreError } from "../domain/core-error.ts";
import type { LedgerUnit } from "../domain/results.ts";

/** A credit limit in atoms. CURRENCY_MISMATCH, AMOUNT_INVALID. */
export function toCreditLimit(creditLimit: Money, unit: LedgerUnit): bigint {
  if (creditLimit.currencyCode !== unit.currencyCode) {
    throw new CoreError("CURRENCY_MISMATCH", `credit_limit: must be in ${unit.currencyCode}`, {
      metadata: { currency_code: unit.currencyCode },
    });
  }
  const atoms = atomsOfNamedAmount(creditLimit.amount, unit, "credit_limit");
  if (atoms < 0n) throw new CoreError("AMOUNT_INVALID", "credit_limit: must be 0 or more");
  return atoms;
}

/** Thresholds with canonical amounts; `field` is the list's name in the request. AMOUNT_INVALID. */
export function toThresholds(
  thresholds: readonly LowBalanceThreshold[],
  unit: LedgerUnit,
  field: string,
): domain.LowBalanceThreshold[] {
  return thresholds.map(({ level }, index) => {
    if (level.case === "percentOfLastCredit") return { percentOfLastCredit: level.value };
    const path = `${field}[${index}]`;
    if (level.case === undefined) throw new CoreError("AMOUNT_INVALID", `${path}: needs a level`);
    return { amount: fromAtoms(atomsOfNamedAmount(level.value, unit, path), unit.ledgerScale) };
  });
}
