import type { Labels } from "../label-matcher.ts";

/** A text with places for figures, ready to be filled in. */
export type Template = (values: { readonly value: string; readonly labels: Labels }) => string;

const placePattern = /^\s*\$(?:(value)|labels\.([a-z][a-z0-9_]*))\s*$/;

/** Reads `{{ $value }}` and `{{ $labels.name }}`; undefined if the text holds another place, or one that never ends. */
export function parseTemplate(text: string): Template | undefined {
  const [first = "", ...rest] = text.split("{{");
  const parts: Template[] = [];
  for (const piece of rest) {
    const end = piece.indexOf("}}");
    const place = end < 0 ? null : placePattern.exec(piece.slice(0, end));
    if (place === null) return undefined;
    const [, value, label = ""] = place;
    const following = piece.slice(end + 2);
    parts.push(
      (values) => `${value === undefined ? (values.labels[label] ?? "") : values.value}${following}`,
    );
  }
  return (values) => first + parts.map((part) => part(values)).join("");
}

/** Fills in the annotations of a rule, which were checked when it was stated. */
export function renderAnnotations(
  annotations: Readonly<Record<string, string>>,
  values: { readonly value: string; readonly labels: Labels },
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(annotations).map(([name, text]) => [name, parseTemplate(text)?.(values) ?? text]),
  );
}
