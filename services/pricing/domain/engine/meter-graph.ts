import type { Meter, PriceTerms, PriceVariant } from "../price-terms.ts";
import { PricingError } from "../pricing-error.ts";
import { wordsOf } from "./wording.ts";

/** A meter among the others of its price. */
export interface MeterNode {
  readonly meter: string;
  /** Name for people. */
  readonly name: string;
  /** Sets that include it directly, in the order of preference for what it does not bill itself. */
  readonly subsetOf: readonly string[];
  /** All its subsets, direct or not, each once. */
  readonly subsets: readonly string[];
}

/** The meters that a price knows: each after all its subsets. */
export type MeterGraph = ReadonlyMap<string, MeterNode>;

/**
 * The meters of a price.
 *
 * @throws PricingError PRICE_INVALID if a meter is in a circle of subsets.
 */
export function buildMeterGraph(terms: PriceTerms): MeterGraph {
  const facts = new Map(terms.meters.map((meter) => [meter.meter, meter]));
  const directSubsets = groupBySuperset(terms.meters);
  const graph = new Map<string, MeterNode>();
  const visiting = new Set<string>();
  const visit = (meter: string): readonly string[] => {
    const known = graph.get(meter);
    if (known !== undefined) return known.subsets;
    if (visiting.has(meter)) {
      throw new PricingError("PRICE_INVALID", `meters: ${meter} is, by a circle, a subset of itself`);
    }
    visiting.add(meter);
    const subsets = new Set<string>();
    for (const subset of directSubsets.get(meter) ?? []) {
      subsets.add(subset);
      for (const deeper of visit(subset)) subsets.add(deeper);
    }
    const { displayName = "", subsetOf = [] } = facts.get(meter) ?? {};
    const node = { meter, name: displayName || wordsOf(meter), subsetOf, subsets: [...subsets] };
    graph.set(meter, node);
    return node.subsets;
  };
  for (const meter of metersNamedIn(terms)) visit(meter);
  return graph;
}

function groupBySuperset(meters: readonly Meter[]): Map<string, string[]> {
  const bySuperset = new Map<string, string[]>();
  for (const { meter, subsetOf } of meters) {
    for (const superset of subsetOf) {
      const group = bySuperset.get(superset);
      if (group === undefined) bySuperset.set(superset, [meter]);
      else group.push(meter);
    }
  }
  return bySuperset;
}

function* metersNamedIn(terms: PriceTerms): Iterable<string> {
  for (const { meter, conditions, variants } of terms.components) {
    if (meter !== "") yield meter;
    for (const condition of [...conditions, ...variants.flatMap((variant) => variant.conditions)]) {
      if (condition.kind === "quantity") yield condition.meter;
    }
    yield* eventMetersOf(variants);
  }
  for (const { meter, subsetOf } of terms.meters) {
    yield meter;
    yield* subsetOf;
  }
}

/** Meters that count the events of percentages. */
export function eventMetersOf(variants: readonly PriceVariant[]): string[] {
  return variants.flatMap(({ model }) =>
    model.kind === "percentage" && model.eventMeter !== "" ? [model.eventMeter] : [],
  );
}
