import { Decimal } from "#money/decimal.ts";
import type { MeterGraph } from "./meter-graph.ts";
import { PricingError } from "./pricing-error.ts";
import type { Usage } from "./usage.ts";
import { groupDigits } from "./wording.ts";

/**
 * Shares out what was used among the meters that are billed, so that each unit is billed once.
 *
 * A unit counts in the smallest set that names it, and is billed there, or else in the first of that set's
 * supersets that is billed: cached tokens of a price without a price for them are billed as input.
 *
 * @param billed the meters that some component bills
 * @returns quantity by billed meter; a meter that the usage does not name has none
 * @throws PricingError METER_UNKNOWN, USAGE_INVALID when subsets are larger than their superset,
 *   PRICE_NOT_APPLICABLE when no component bills a unit: nothing is free by omission.
 */
export function shareOut(
  usage: Usage,
  graph: MeterGraph,
  billed: ReadonlySet<string>,
): ReadonlyMap<string, Decimal> {
  requireKnownMeters(usage, graph);
  const own = ownQuantities(usage, graph);
  const shares = new Map<string, Decimal>();
  for (const [meter, quantity] of own) {
    const biller = billerOf(meter, graph, billed);
    if (biller !== undefined) {
      const share = shares.get(biller);
      shares.set(biller, share === undefined ? quantity : share.add(quantity));
    } else if (!quantity.isZero()) {
      throw new PricingError(
        "PRICE_NOT_APPLICABLE",
        `the price ${usage.priceId} does not say what ${groupDigits(quantity)} ${graph.get(meter)?.name} cost`,
        { metadata: { price_id: usage.priceId, meter } },
      );
    }
  }
  return shares;
}

function requireKnownMeters(usage: Usage, graph: MeterGraph): void {
  for (const quantities of [usage.quantities, usage.priorQuantities]) {
    for (const meter of quantities.keys()) {
      if (graph.has(meter)) continue;
      throw new PricingError(
        "METER_UNKNOWN",
        `the price ${usage.priceId} has no meter ${meter}; it knows ${[...graph.keys()].sort().join(", ")}`,
        { metadata: { meter, price_id: usage.priceId } },
      );
    }
  }
}

/** Of each meter that the usage names: its quantity less that of its subsets. */
function ownQuantities(usage: Usage, graph: MeterGraph): ReadonlyMap<string, Decimal> {
  const own = new Map<string, Decimal>();
  // Subsets come first, so theirs are known when their superset is reached.
  for (const { meter, name, subsets } of graph.values()) {
    const whole = usage.quantities.get(meter);
    let rest = whole ?? Decimal.zero;
    for (const subset of subsets) {
      const part = own.get(subset);
      if (part !== undefined) rest = rest.subtract(part);
    }
    if (rest.isNegative()) {
      const inSubsets = (whole ?? Decimal.zero).subtract(rest);
      throw new PricingError(
        "USAGE_INVALID",
        `${meter} is ${(whole ?? Decimal.zero).toString()}, but its subsets (${subsets
          .filter((subset) => own.has(subset))
          .join(", ")}) hold ${inSubsets.toString()}: the ${name} include them`,
        { metadata: { price_id: usage.priceId, meter } },
      );
    }
    if (whole !== undefined) own.set(meter, rest);
  }
  return own;
}

function billerOf(meter: string, graph: MeterGraph, billed: ReadonlySet<string>): string | undefined {
  if (billed.has(meter)) return meter;
  for (const superset of graph.get(meter)?.subsetOf ?? []) {
    const biller = billerOf(superset, graph, billed);
    if (biller !== undefined) return biller;
  }
  return undefined;
}
