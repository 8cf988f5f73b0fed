import { Decimal } from "#money/decimal.ts";
import { powerOfTen } from "#money/powers-of-ten.ts";
import { shareOut } from "./billed-quantities.ts";
import { allHold, describeConditions } from "./conditions.ts";
import { type MeterGraph, meterGraphOf } from "./meter-graph.ts";
import { priceByModel } from "./price-models.ts";
import type { PriceComponent, PriceTerms, PriceVariant } from "./price-terms.ts";
import { PricingError } from "./pricing-error.ts";
import { quantityOf, type Usage } from "./usage.ts";
import { groupDigits } from "./wording.ts";

/** What a usage costs, exactly, and how that came about. */
export interface Calculation {
  /** Sum of the lines, ≥ 0. */
  readonly total: Decimal;
  readonly lines: readonly CalculationLine[];
}

/** quantity × unit price ÷ per = amount. */
export interface CalculationLine {
  readonly meter: string;
  readonly quantity: Decimal;
  readonly unitPrice: Decimal;
  readonly per: Decimal;
  readonly amount: Decimal;
  /** The line in words: "1,200 input tokens × 2.5 USD per 1,000,000 = 0.003 USD". */
  readonly description: string;
}

/** First total that is too large: an amount has at most 25 digits before the point. */
const totalLimit = Decimal.ofUnits(powerOfTen(25), 0);

/**
 * Prices a usage by the terms of its price. Pure: the same usage and terms give the same result.
 *
 * @throws PricingError METER_UNKNOWN, USAGE_INVALID, PRICE_NOT_APPLICABLE or AMOUNT_OVERFLOW.
 */
export function calculatePrice(terms: PriceTerms, usage: Usage): Calculation {
  requireSensibleUsage(usage);
  const graph = meterGraphOf(terms);
  const components = terms.components.filter(({ conditions }) => allHold(conditions, usage));
  const shares = shareOut(usage, graph, new Set(components.map(({ meter }) => meter)));
  const lines: CalculationLine[] = [];
  let total = Decimal.zero;
  for (const component of components) {
    const quantity = shares.get(component.meter);
    if (quantity === undefined) continue;
    for (const line of priceComponent(terms, component, quantity, usage, graph)) {
      if (line.quantity.isZero() && line.amount.isZero()) continue;
      lines.push(line);
      total = total.add(line.amount);
    }
  }
  if (total.compare(totalLimit) >= 0) {
    throw new PricingError("AMOUNT_OVERFLOW", "the total has more than 25 digits before the point");
  }
  return { total, lines };
}

function requireSensibleUsage(usage: Usage): void {
  const { priceId, atMs, endedAtMs, eventCount } = usage;
  if (atMs !== undefined && endedAtMs !== undefined && endedAtMs < atMs) {
    throw new PricingError("USAGE_INVALID", "ended_at lies before at", { metadata: { price_id: priceId } });
  }
  // A model that bills quantities sees no events; to leave them out would make them free.
  if (eventCount > 0) {
    throw new PricingError("USAGE_INVALID", `events: the price ${priceId} bills quantities, not events`, {
      metadata: { price_id: priceId },
    });
  }
}

function priceComponent(
  terms: PriceTerms,
  component: PriceComponent,
  quantity: Decimal,
  usage: Usage,
  graph: MeterGraph,
): readonly CalculationLine[] {
  const { currencyCode } = terms;
  const variant = component.variants.find(({ conditions }) => allHold(conditions, usage));
  if (variant === undefined) {
    if (quantity.isZero()) return [];
    throw notApplicable(component, usage);
  }
  const subject = describeSubject(component, quantity, usage, graph);
  const reason = describeReason(component, variant, graph);
  return priceByModel(variant.model, { quantity, currencyCode }).map((part) => ({
    meter: component.meter,
    quantity: part.quantity,
    unitPrice: part.unitPrice,
    per: part.per,
    amount: part.amount,
    description: `${subject} ${part.words} = ${groupDigits(part.amount)} ${currencyCode}${reason}`,
  }));
}

function notApplicable(component: PriceComponent, usage: Usage): PricingError {
  const { componentId, meter } = component;
  return new PricingError(
    "PRICE_NOT_APPLICABLE",
    `the price ${usage.priceId} has no variant of ${componentId} for this usage`,
    { metadata: { price_id: usage.priceId, component_id: componentId, meter } },
  );
}

/** "1,200 input tokens", or "1,200 of 2,000 input tokens" when subsets are billed apart. */
function describeSubject(
  { meter }: PriceComponent,
  quantity: Decimal,
  usage: Usage,
  graph: MeterGraph,
): string {
  const whole = quantityOf(usage, meter);
  const rest = whole.equals(quantity) ? "" : ` of ${groupDigits(whole)}`;
  return `${groupDigits(quantity)}${rest} ${graph.get(meter)?.name}`;
}

/** Why this rate, in brackets: " (service tier batch)"; empty when nothing had to hold. */
function describeReason(component: PriceComponent, variant: PriceVariant, graph: MeterGraph): string {
  const conditions = [...component.conditions, ...variant.conditions];
  if (conditions.length === 0) return "";
  return ` (${describeConditions(conditions, (meter) => graph.get(meter)?.name ?? meter)})`;
}
