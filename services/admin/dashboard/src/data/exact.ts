import { Decimal } from "#money/decimal.ts";

/** Digits that are shown at least, where the currency has them by ISO 4217. */
const minorDigits: Readonly<Record<string, number>> = {
  JPY: 0,
  KRW: 0,
  VND: 0,
  CLP: 0,
  ISK: 0,
  KWD: 3,
  BHD: 3,
};

/** An exact decimal, read; zero for an empty text. */
export function readDecimal(text: string | undefined): Decimal {
  return text === undefined || text === "" ? Decimal.zero : Decimal.parse(text);
}

/** Orders two exact decimals. */
export function compareDecimals(left: string | undefined, right: string | undefined): number {
  return readDecimal(left).compare(readDecimal(right));
}

/**
 * An exact amount as people read it: grouped, with the currency's own digits at least and none cut off. The minus is
 * U+2212, as wide as a figure.
 */
export function formatAmount(amount: string, currencyCode = "", sign: "auto" | "always" = "auto"): string {
  const digits = minorDigits[currencyCode] ?? (currencyCode === "" ? 0 : 2);
  return signed(readDecimal(amount).toFixed(digits), sign);
}

/** An exact number, grouped; none of its digits cut off. */
export function formatNumber(value: string | number | bigint): string {
  return signed(readDecimal(String(value)).toString(), "auto");
}

/** "1 entry", "2 entries"; the noun is given in the plural. */
export function countText(count: number | bigint, noun: string): string {
  const isOne = BigInt(count) === 1n;
  return `${formatNumber(count)} ${isOne ? noun.replace(/ies$/, "y").replace(/s$/, "") : noun}`;
}

function signed(plain: string, sign: "auto" | "always"): string {
  const isNegative = plain.startsWith("-");
  const [whole = "", fraction] = plain.replace("-", "").split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  const mark = isNegative ? "−" : sign === "always" && /[1-9]/.test(plain) ? "+" : "";
  return mark + grouped + (fraction === undefined ? "" : `.${fraction}`);
}
