import { data as isoTable } from "currency-codes";

/** What an amount is counted in: an ISO 4217 currency or a custom unit. */
export interface Currency {
  /** Capital letters, digits and underscores, 2 to 16, for example "USD" or "CREDIT". */
  readonly code: string;
  readonly name: string;
  /** Digits after the point in which people write an amount; for display only. */
  readonly minorDigits: number;
  /** Digits after the point that the ledger keeps. */
  readonly ledgerScale: number;
}

/** A custom unit as it is declared. */
export interface CustomUnit {
  code: string;
  name: string;
  /** 0 to 9. */
  minorDigits: number;
  /** From `minorDigits` up to the default, which is `defaultLedgerScale(minorDigits)`. */
  ledgerScale?: number;
}

/** A declaration of a currency does not fit; the message names the field. */
export class CurrencyError extends Error {
  override readonly name = "CurrencyError";
  /** The field at fault. */
  readonly field: keyof CustomUnit;

  constructor(field: keyof CustomUnit, message: string) {
    super(message);
    this.field = field;
  }
}

const maxLedgerScale = 9;
const codePattern = /^[A-Z][A-Z0-9_]{1,15}$/;
const maxNameLength = 100;

/**
 * Codes that ISO 4217 lists with minor unit "N.A.": metals, bond market units, special drawing rights and the
 * codes for tests and for no currency. The package gives them 0 digits, which would forbid a fraction of an
 * ounce of gold. They are left out; whoever needs one declares it as a custom unit with digits of its own.
 */
const codesWithoutMinorUnit: ReadonlySet<string> = new Set([
  "XAG",
  "XAU",
  "XBA",
  "XBB",
  "XBC",
  "XBD",
  "XDR",
  "XPD",
  "XPT",
  "XSU",
  "XTS",
  "XUA",
  "XXX",
]);

/** What ISO 4217 changed after the package's table of 2024-06-25. */
const withdrawnCodes: ReadonlySet<string> = new Set([
  "ANG", // amendment 176: replaced by XCG on 2025-03-31
  "BGN", // Bulgaria uses the euro since 2026-01-01
  "CUC", // amendment 178
]);
const addedCurrencies: readonly Currency[] = [
  isoCurrency("XCG", "Caribbean Guilder", 2), // amendment 176
  isoCurrency("XAD", "Arab Accounting Dinar", 2), // amendment 179
];

const isoCurrenciesByCode: ReadonlyMap<string, Currency> = new Map(
  isoTable
    .filter(({ code }) => !codesWithoutMinorUnit.has(code) && !withdrawnCodes.has(code))
    .map(({ code, currency, digits }) => isoCurrency(code, currency, digits))
    .concat(addedCurrencies)
    .sort((left, right) => (left.code < right.code ? -1 : 1))
    .map((currency) => [currency.code, currency]),
);

/** Digits that the ledger keeps unless a lower number is declared: six below the minor unit, nine at most. */
export function defaultLedgerScale(minorDigits: number): number {
  return Math.min(minorDigits + 6, maxLedgerScale);
}

/** The active ISO 4217 currency of that code; undefined for any other text, also for one in small letters. */
export function findIsoCurrency(code: string): Currency | undefined {
  return isoCurrenciesByCode.get(code);
}

/** Every active ISO 4217 currency that has a minor unit, by code. */
export function listIsoCurrencies(): readonly Currency[] {
  return [...isoCurrenciesByCode.values()];
}

/**
 * Checks the declaration of a custom unit and fills in its ledger scale.
 *
 * @throws CurrencyError naming the field that does not fit, or a code that belongs to an ISO currency.
 */
export function declareCustomUnit(unit: CustomUnit): Currency {
  const { code, name, minorDigits } = unit;
  if (!codePattern.test(code)) {
    throw new CurrencyError(
      "code",
      "A currency code has 2 to 16 capital letters, digits or underscores, a letter first",
    );
  }
  if (isoCurrenciesByCode.has(code)) {
    throw new CurrencyError("code", `${code} is an ISO 4217 currency and cannot be declared again`);
  }
  if (name.trim() === "" || name.length > maxNameLength) {
    throw new CurrencyError("name", `A currency's name has 1 to ${maxNameLength} characters`);
  }
  if (!Number.isInteger(minorDigits) || minorDigits < 0 || minorDigits > maxLedgerScale) {
    throw new CurrencyError("minorDigits", `Minor digits are a whole number from 0 to ${maxLedgerScale}`);
  }
  const most = defaultLedgerScale(minorDigits);
  const ledgerScale = unit.ledgerScale ?? most;
  if (!Number.isInteger(ledgerScale) || ledgerScale < minorDigits || ledgerScale > most) {
    throw new CurrencyError(
      "ledgerScale",
      `With ${minorDigits} minor digits the ledger scale is a whole number from ${minorDigits} to ${most}`,
    );
  }
  return Object.freeze({ code, name, minorDigits, ledgerScale });
}

function isoCurrency(code: string, name: string, minorDigits: number): Currency {
  return Object.freeze({ code, name, minorDigits, ledgerScale: defaultLedgerScale(minorDigits) });
}
