import { defaultLedgerScale } from "#money/currency.ts";
import type { CurrencyRecord } from "../../store/records.ts";
import type { RateGuard } from "../review/rate-guard-terms.ts";
import type { CurrencyDirectory, KnownCurrency } from "./currency-directory.ts";
import {
  currencyInvalid,
  type RequestedCostBasis,
  requireFittingUnit,
  withCostBasis,
} from "./currency-settings.ts";

/** A change of a currency's settings as it is asked for; what is undefined stays. */
export interface CurrencyUpdate {
  readonly code: string;
  readonly configVersion: number;
  readonly displayName: string | undefined;
  readonly symbol: string | undefined;
  readonly minorDigits: number | undefined;
  readonly ledgerScale: number | undefined;
  readonly costBasis: RequestedCostBasis | undefined;
  readonly guard: RateGuard | undefined;
}

type Settings = Omit<CurrencyRecord, "updatedAtMs" | "changeDigest" | "changedBy" | "comment">;

/**
 * The settings of a currency after a change.
 *
 * @throws ExchangeError CURRENCY_INVALID, and what a cost basis may be refused for.
 */
export function updatedCurrency(
  currencies: CurrencyDirectory,
  currency: KnownCurrency,
  present: CurrencyRecord | undefined,
  asked: CurrencyUpdate,
  nowMs: number,
): Settings {
  if (currency.kind === "iso") requireNothingOfUnits(asked);
  requireFittingDigits(currency, asked);
  const { costBasis } = asked;
  return {
    ...(present ?? { kind: currency.kind }),
    ...(asked.displayName === undefined ? {} : { displayName: asked.displayName }),
    ...(asked.symbol === undefined ? {} : { symbol: asked.symbol }),
    ...(asked.minorDigits === undefined ? {} : { minorDigits: asked.minorDigits }),
    ...(asked.ledgerScale === undefined ? {} : { ledgerScale: asked.ledgerScale }),
    ...(asked.guard === undefined ? {} : { guard: { ...asked.guard } }),
    costBases: [
      ...(costBasis === undefined
        ? currency.costBases
        : withCostBasis(currencies, currency.code, currency.costBases, costBasis, nowMs)),
    ],
  };
}

function requireNothingOfUnits({ minorDigits, costBasis }: CurrencyUpdate): void {
  const why = "a currency of ISO 4217 has none of its own";
  if (minorDigits !== undefined) throw currencyInvalid("minor_digits", why);
  if (costBasis !== undefined) throw currencyInvalid("cost_basis", why);
}

function requireFittingDigits(currency: KnownCurrency, asked: CurrencyUpdate): void {
  const minorDigits = asked.minorDigits ?? currency.minorDigits;
  const ledgerScale = asked.ledgerScale ?? currency.ledgerScale;
  if (currency.kind === "custom") {
    requireFittingUnit({ code: currency.code, name: currency.name, minorDigits, ledgerScale });
    return;
  }
  const most = defaultLedgerScale(minorDigits);
  if (ledgerScale < minorDigits || ledgerScale > most)
    throw currencyInvalid("ledger_scale", `must be ${minorDigits} to ${most}`);
}
