import type { Decimal } from "#money/decimal.ts";

/** A number as people write it: thousands grouped before the point, every digit after it: "1,234.5". */
export function groupDigits(value: Decimal): string {
  const text = value.toString();
  const point = text.indexOf(".");
  const end = point < 0 ? text.length : point;
  const start = text.startsWith("-") ? 1 : 0;
  if (end - start <= 3) return text;
  let grouped = text.slice(end);
  let from = end;
  while (from - start > 3) {
    grouped = `,${text.slice(from - 3, from)}${grouped}`;
    from -= 3;
  }
  return text.slice(0, from) + grouped;
}

/** An identifier as words: "input_tokens" is "input tokens". */
export function wordsOf(identifier: string): string {
  return identifier.replaceAll("_", " ");
}
