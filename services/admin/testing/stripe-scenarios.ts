import { readFileSync } from "node:fs";

/** Deliveries and what they must come to; the file says where they come from. */
export interface StripeScenario {
  readonly id: string;
  readonly description: string;
  readonly deliveries: readonly string[];
  readonly currency: string;
  readonly expected_net_credit_minor: number;
  readonly expected_credit_postings: number;
}

interface ScenarioFile {
  readonly events: Readonly<Record<string, { readonly id: string; readonly type: string }>>;
  readonly scenarios: readonly StripeScenario[];
}

const file = JSON.parse(
  readFileSync(new URL("./stripe-scenarios.json", import.meta.url), "utf8"),
) as ScenarioFile;

export const stripeScenarios = file.scenarios;

/** The account that the events of a run top up. */
export function accountOfRun(run: string): string {
  return `acct_${run}`;
}

/** An event with ids of its own for each run, so that all runs can share a store. */
export function eventOfRun(eventId: string, run: string): { readonly id: string; readonly type: string } {
  const text = JSON.stringify(file.events[eventId])
    .replaceAll(/\b(evt|cs_test|pi|ch|du|tu)_(s?\d+[a-e]?)\b/g, `$1_${run}_$2`)
    .replaceAll("acct_demo", accountOfRun(run));
  return JSON.parse(text);
}

/** All orders of a list. */
export function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
  );
}
