import type { PriceTerms } from "#gen/billing/pricing/v1/price_terms_pb.ts";
import { describeTerms, type TermLine } from "./describe-terms.ts";

/** A line that is new, gone, or reads otherwise. */
export interface Difference {
  readonly key: string;
  readonly before: TermLine | undefined;
  readonly after: TermLine | undefined;
}

/** What differs between two terms; lines that are the same are left out. */
export function differences(before: PriceTerms | undefined, after: PriceTerms | undefined): Difference[] {
  const [old, recent] = [linesByKey(before), linesByKey(after)];
  return [...new Set([...recent.keys(), ...old.keys()])]
    .map((key) => ({ key, before: old.get(key), after: recent.get(key) }))
    .filter((each) => textOf(each.before) !== textOf(each.after));
}

function linesByKey(terms: PriceTerms | undefined): ReadonlyMap<string, TermLine> {
  return new Map(terms ? describeTerms(terms).map((line) => [line.key, line]) : []);
}

function textOf(line: TermLine | undefined): string {
  return line === undefined ? "" : JSON.stringify([line.what, line.when, line.howMuch]);
}
