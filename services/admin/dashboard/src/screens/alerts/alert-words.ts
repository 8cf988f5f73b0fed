import { type Matcher, MatchOperator } from "#gen/billing/monitoring/v1/matcher_pb.ts";

const operators: Readonly<Record<number, string>> = {
  [MatchOperator.NOT_EQUAL]: "≠",
  [MatchOperator.MATCHES]: "=~",
  [MatchOperator.NOT_MATCHES]: "!~",
};

/** Matchers as people read them: `severity = critical`. */
export function matcherTexts(matchers: readonly Matcher[]): string[] {
  return matchers.map(
    ({ label, operator, value }) => `${label} ${operators[operator] ?? "="} ${value || "(none)"}`,
  );
}

/** Labels that every alert has and that stand elsewhere. */
const shownElsewhere: ReadonlySet<string> = new Set(["alertname", "severity"]);

/** What tells an alert from its siblings: "service: core · region: eu". */
export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .filter(([name]) => !shownElsewhere.has(name))
    .map(([name, value]) => `${name}: ${value}`)
    .join(" · ");
}

/** "BillingDeclineRatioHigh" → "Billing decline ratio high". */
export function alertTitle(name: string): string {
  const words = name
    .replaceAll("_", " ")
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ")
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
