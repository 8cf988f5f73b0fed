import { type Currency, CurrencyError, type CustomUnit, declareCustomUnit } from "#money/currency.ts";
import { ExchangeError } from "../exchange-error.ts";
import { beginningMs } from "../rates/beginning.ts";
import type { CostBasis, CurrencyDirectory, KnownCurrency } from "./currency-directory.ts";

/** A cost basis as it is asked for. */
export interface RequestedCostBasis {
  readonly referenceCurrency: string;
  readonly value: string;
  /** Epoch milliseconds; undefined means now. */
  readonly effectiveFromMs: number | undefined;
}

const mostCostBases = 500;

const fieldNames: Readonly<Record<keyof CustomUnit, string>> = {
  code: "currency_code",
  name: "display_name",
  minorDigits: "minor_digits",
  ledgerScale: "ledger_scale",
};

/** @throws ExchangeError CURRENCY_INVALID naming the field that does not fit. */
export function requireFittingUnit(unit: CustomUnit): Currency {
  try {
    return declareCustomUnit(unit);
  } catch (error) {
    if (error instanceof CurrencyError) throw currencyInvalid(fieldNames[error.field], error.message);
    throw error;
  }
}

/**
 * A unit's cost bases with a further one; one to come from the same time is replaced.
 *
 * @throws ExchangeError CURRENCY_UNKNOWN, CURRENCY_INACTIVE, CURRENCY_INVALID, TIME_OUT_OF_RANGE.
 */
export function withCostBasis(
  currencies: CurrencyDirectory,
  code: string,
  present: readonly CostBasis[],
  asked: RequestedCostBasis,
  nowMs: number,
): readonly CostBasis[] {
  const field = "cost_basis.reference_currency";
  if (asked.referenceCurrency === code) throw currencyInvalid(field, "a unit cannot be worth itself");
  const reference = currencies.requireActive(asked.referenceCurrency);
  if (reference.costBases.length > 0)
    throw currencyInvalid(field, `${reference.code} has a cost basis itself`);
  if (present.length === 0) requireNoDependents(currencies.list({ kind: "custom" }), code);
  const effectiveFromMs = beginningMs(asked.effectiveFromMs, nowMs, "cost_basis.effective_from");
  const others = present.filter((each) => each.effectiveFromMs !== effectiveFromMs);
  if (others.length === mostCostBases)
    throw currencyInvalid("cost_basis", `a unit has at most ${mostCostBases} cost bases`);
  const { referenceCurrency, value } = asked;
  return [...others, { referenceCurrency, value, effectiveFromMs }].sort(
    (left, right) => left.effectiveFromMs - right.effectiveFromMs,
  );
}

/** The worth of a unit that another one's worth is stated in must not itself rest on a third. */
function requireNoDependents(units: readonly KnownCurrency[], code: string): void {
  const dependent = units.find(({ costBases }) =>
    costBases.some(({ referenceCurrency }) => referenceCurrency === code),
  );
  if (dependent !== undefined)
    throw currencyInvalid("cost_basis", `the worth of ${dependent.code} is stated in ${code}`);
}

export function currencyInvalid(field: string, description: string): ExchangeError {
  return new ExchangeError("CURRENCY_INVALID", `${field}: ${description}`, {
    fields: [{ field, description }],
  });
}
