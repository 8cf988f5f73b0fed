import { compileMatchers, type Labels } from "../label-matcher.ts";
import { createInhibitor, type InhibitableAlert, type Inhibition } from "./inhibitions.ts";
import type { Silence } from "./silences.ts";

/** What mutes an alert now. */
export interface MutedBy {
  readonly silenceIds: string[];
  readonly inhibitedBy: string[];
}

/** Makes what tells which of some silences mute an alert. */
export function createSilencer(silences: readonly Silence[]): (labels: Labels) => string[] {
  const tests = silences.map(({ id, value }) => ({ id, matches: compileMatchers(value.matchers) }));
  return (labels) => tests.filter(({ matches }) => matches(labels)).map(({ id }) => id);
}

/** Makes what tells everything that mutes an alert. */
export function createMuting(
  silences: readonly Silence[],
  inhibitions: readonly Inhibition[],
  firing: readonly InhibitableAlert[],
): (alert: InhibitableAlert) => MutedBy {
  const silence = createSilencer(silences);
  const inhibit = createInhibitor(inhibitions, firing);
  return (alert) => ({ silenceIds: silence(alert.labels).sort(), inhibitedBy: inhibit(alert) });
}
