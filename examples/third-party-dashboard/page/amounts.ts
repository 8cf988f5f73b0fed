import { Decimal } from "#money/decimal.ts";

/** Reads an exact amount; nothing counts as zero. */
export const readAmount = (text: string | undefined): Decimal =>
  text === undefined || text === "" ? Decimal.zero : Decimal.parse(text);

/** An exact amount as people read it: grouped, at least these digits after the point, and none cut off. */
export function formatAmount(amount: string, digits = 2): string {
  const [whole = "", fraction = ""] = readAmount(amount).toFixed(digits).replace("-", "").split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return (amount.startsWith("-") ? "−" : "") + grouped + (fraction === "" ? "" : `.${fraction}`);
}

/** For lengths of bars alone: a float is never shown and never computed with. */
export const asLength = (amount: Decimal): number => Number(amount.toString());
