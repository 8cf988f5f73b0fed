import type { Decimal } from "#money/decimal.ts";
import { PricingError } from "../pricing-error.ts";
import type { Usage } from "./usage.ts";

/**
 * The usage with the quantities of its events summed up: a meter that the usage names itself, too, must agree.
 *
 * @throws PricingError USAGE_INVALID if they do not, or if the usage ends before it begins.
 */
export function completeUsage(usage: Usage): Usage {
  const { priceId, atMs, endedAtMs, events } = usage;
  if (endedAtMs !== undefined && endedAtMs < atMs) throw usageInvalid(priceId, "ended_at lies before at");
  if (events.every(({ quantities }) => quantities.size === 0)) return usage;
  const sums = new Map<string, Decimal>();
  for (const event of events) {
    for (const [meter, quantity] of event.quantities)
      sums.set(meter, sums.get(meter)?.add(quantity) ?? quantity);
  }
  const quantities = new Map(usage.quantities);
  for (const [meter, sum] of sums) {
    const stated = quantities.get(meter);
    if (stated !== undefined && !stated.equals(sum)) {
      throw usageInvalid(
        priceId,
        `${meter} is ${stated.toString()}, but the events sum up to ${sum.toString()}`,
        { meter },
      );
    }
    quantities.set(meter, sum);
  }
  return { ...usage, quantities };
}

/** A refusal of the usage as it was sent. */
export function usageInvalid(
  priceId: string,
  message: string,
  metadata: Readonly<Record<string, string>> = {},
): PricingError {
  return new PricingError("USAGE_INVALID", message, { metadata: { price_id: priceId, ...metadata } });
}
