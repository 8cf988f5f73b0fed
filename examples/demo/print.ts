import { styleText } from "node:util";
import type { Money } from "#gen/billing/type/v1/money_pb.ts";

/** Important words. */
export const bold = (text: string) => styleText("bold", text);
/** What one may skip. */
export const dim = (text: string) => styleText("dim", text);

/** An amount with its code, as people write it: `12.30 USD`. */
export function amountOf(money: Money | undefined): string {
  if (money === undefined) return "–";
  const [whole, fraction = ""] = money.amount.split(".");
  return `${whole}.${fraction.padEnd(2, "0")} ${money.currencyCode}`;
}

/** A heading of the story. */
export function heading(text: string): string {
  return `\n${bold(text)}\n${dim("─".repeat(text.length))}`;
}

/** A numbered step with what came of it. */
export function step(
  number: number,
  what: string,
  facts: ReadonlyArray<readonly [label: string, value: string]>,
): string {
  const width = Math.max(...facts.map(([label]) => label.length));
  const lines = facts.map(([label, value]) => `     ${dim(label.padEnd(width))}  ${value}`);
  return [`\n ${bold(`${number}.`)} ${what}`, ...lines].join("\n");
}
