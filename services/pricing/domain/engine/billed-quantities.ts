import { Decimal } from "#money/decimal.ts";
import { PricingError } from "../pricing-error.ts";
import { usageInvalid } from "./complete-usage.ts";
import type { MeterGraph } from "./meter-graph.ts";
import { groupDigits } from "./wording.ts";

/** Quantity by meter. */
export type Quantities = ReadonlyMap<string, Decimal>;

/**
 * Shares out what was used among the meters that are billed, so that each unit is billed once.
 *
 * A unit counts in the smallest set that names it, and is billed there, or else in the first of that set's
 * supersets that is billed: cached tokens of a price without a price for them are billed as input.
 *
 * @param billed the meters that some component bills
 * @param unbilled whether a quantity that no component bills is refused (nothing is free by omission), or left
 *   out, as what came before may be
 * @returns quantity by billed meter; a meter that is not named has none
 * @throws PricingError METER_UNKNOWN, USAGE_INVALID when subsets are larger than their superset,
 *   PRICE_NOT_APPLICABLE when no component bills a unit.
 */
export function shareOut(
  priceId: string,
  quantities: Quantities,
  graph: MeterGraph,
  billed: ReadonlySet<string>,
  unbilled: "refused" | "left_out",
): Quantities {
  requireKnownMeters(priceId, quantities, graph);
  const own = ownQuantities(priceId, quantities, graph);
  const shares = new Map<string, Decimal>();
  for (const [meter, quantity] of own) {
    const biller = billerOf(meter, graph, billed);
    if (biller !== undefined) {
      const share = shares.get(biller);
      shares.set(biller, share === undefined ? quantity : share.add(quantity));
    } else if (unbilled === "refused" && !quantity.isZero()) {
      throw new PricingError(
        "PRICE_NOT_APPLICABLE",
        `the price ${priceId} does not say what ${groupDigits(quantity)} ${graph.get(meter)?.name} cost`,
        { metadata: { price_id: priceId, meter } },
      );
    }
  }
  return shares;
}

function requireKnownMeters(priceId: string, quantities: Quantities, graph: MeterGraph): void {
  for (const meter of quantities.keys()) {
    if (graph.has(meter)) continue;
    throw new PricingError(
      "METER_UNKNOWN",
      `the price ${priceId} has no meter ${meter}; it knows ${[...graph.keys()].sort().join(", ")}`,
      { metadata: { meter, price_id: priceId } },
    );
  }
}

/** Of each meter that is named: its quantity less that of its subsets. */
function ownQuantities(priceId: string, quantities: Quantities, graph: MeterGraph): Quantities {
  const own = new Map<string, Decimal>();
  // Subsets come first, so theirs are known when their superset is reached.
  for (const { meter, name, subsets } of graph.values()) {
    const whole = quantities.get(meter);
    let rest = whole ?? Decimal.zero;
    for (const subset of subsets) {
      const part = own.get(subset);
      if (part !== undefined) rest = rest.subtract(part);
    }
    if (rest.isNegative()) {
      const inSubsets = (whole ?? Decimal.zero).subtract(rest);
      const named = subsets.filter((subset) => own.has(subset)).join(", ");
      throw usageInvalid(
        priceId,
        `${meter} is ${(whole ?? Decimal.zero).toString()}, but its subsets (${named}) hold ${inSubsets.toString()}: the ${name} include them`,
        { meter },
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
