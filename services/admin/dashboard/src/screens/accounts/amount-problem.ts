import { Decimal } from "#money/decimal.ts";

/** What is wrong with an amount as it was typed; empty if nothing is. */
export function amountProblem(
  text: string,
  { scale, allowNegative = false }: { scale: number; allowNegative?: boolean },
): string {
  if (text.trim() === "") return "Enter an amount.";
  let amount: Decimal;
  try {
    amount = Decimal.parse(text.trim(), { integerDigits: 25, fractionDigits: scale });
  } catch (error) {
    return `${(error as Error).message}.`;
  }
  if (amount.isZero()) return "The amount is 0.";
  if (amount.isNegative() && !allowNegative) return "The amount must be above 0.";
  return "";
}
