import type { Labels } from "../label-matcher.ts";

/** A text with places for figures, ready to be filled in. */
export type Template = (values: { readonly value: string; readonly labels: Labels }) => string;

const placePattern =
  /^\s*\$(?:(value)(?:\s*\|\s*(humanizePercentage|humanizeDuration))?|labels\.([a-z][a-z0-9_]*))\s*$/;

/**
 * Reads `{{ $value }}`, also with Prometheus' `| humanizePercentage` or `| humanizeDuration`, and
 * `{{ $labels.name }}`; undefined if the text holds another place, or one that never ends.
 */
export function parseTemplate(text: string): Template | undefined {
  const [first = "", ...rest] = text.split("{{");
  const parts: Template[] = [];
  for (const piece of rest) {
    const end = piece.indexOf("}}");
    const place = end < 0 ? null : placePattern.exec(piece.slice(0, end));
    if (place === null) return undefined;
    const [, value, form = "", label = ""] = place;
    const show = value === undefined ? undefined : forms[form];
    const following = piece.slice(end + 2);
    parts.push((values) => `${show?.(values.value) ?? values.labels[label] ?? ""}${following}`);
  }
  return (values) => first + parts.map((part) => part(values)).join("");
}

/** How a figure is shown; one of which there are no data is empty. */
const forms: Readonly<Record<string, (value: string) => string>> = {
  "": (value) => value,
  humanizePercentage: (value) =>
    value === "" ? "an unknown part" : `${Number((Number(value) * 100).toPrecision(4))}%`,
  humanizeDuration: (value) => (value === "" ? "an unknown time" : durationInWords(Number(value))),
};

/** As Prometheus writes it: "4d 12h 0m 0s", "2m 5s", "12.5s", "250ms". */
function durationInWords(seconds: number): string {
  const sign = seconds < 0 ? "-" : "";
  const size = Math.abs(seconds);
  if (size < 1) return `${sign}${Number((size * 1_000).toPrecision(4))}ms`;
  if (size < 60) return `${sign}${Number(size.toPrecision(4))}s`;
  const parts = [
    [Math.floor(size / 86_400), "d"],
    [Math.floor(size / 3_600) % 24, "h"],
    [Math.floor(size / 60) % 60, "m"],
    [Math.floor(size) % 60, "s"],
  ] as const;
  const shown = parts.slice(parts.findIndex(([count]) => count > 0));
  return sign + shown.map(([count, unit]) => `${count}${unit}`).join(" ");
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
