import { invalidField } from "#platform/errors/common-error.ts";
import { catalogueLimits } from "./limits.ts";

export type Labels = Readonly<Record<string, string>>;

/** Labels after a change, in order of name. @throws CommonError REQUEST_INVALID if they become too many. */
export function changeLabels(labels: Labels, set: Labels, remove: readonly string[]): Labels {
  const changed = sortLabels({ ...labels, ...set }, remove);
  if (Object.keys(changed).length > catalogueLimits.labels)
    throw invalidField("set_labels", `at most ${catalogueLimits.labels} labels in all`);
  return changed;
}

/** Labels in order of name, so that equal ones are equal texts. */
export function sortLabels(labels: Labels, without: readonly string[] = []): Labels {
  const kept = Object.entries(labels).filter(([name]) => !without.includes(name));
  return Object.fromEntries(kept.toSorted(([left], [right]) => (left < right ? -1 : 1)));
}
