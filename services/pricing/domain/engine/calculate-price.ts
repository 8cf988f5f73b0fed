import { Decimal } from "#money/decimal.ts";
import { powerOfTen } from "#money/powers-of-ten.ts";
import type { BookChange, PriceTerms, Rounding } from "../price-terms.ts";
import { PricingError } from "../pricing-error.ts";
import { AdjustedAmount, type CompiledAdjustments } from "./adjustments.ts";
import { shareOut } from "./billed-quantities.ts";
import {
  type CompiledBookChange,
  type CompiledComponent,
  type CompiledTerms,
  compileBookChange,
  compileTerms,
} from "./compile-terms.ts";
import { completeUsage, usageInvalid } from "./complete-usage.ts";
import { atLeastZero } from "./exact-amount.ts";
import {
  adjustmentLine,
  type CalculationLine,
  type PricingContext,
  priceComponent,
  sumOf,
} from "./price-component.ts";
import { sumOfAmounts, type Usage } from "./usage.ts";
import { groupDigits } from "./wording.ts";

/** What a usage costs, exactly, and how that came about. */
export interface Calculation {
  /** Sum of the lines, ≥ 0. */
  readonly total: Decimal;
  readonly lines: readonly CalculationLine[];
}

/** What a price book changes on the price. */
export interface BookStage {
  readonly priceBook: string;
  readonly change: BookChange;
}

/** First total that is too large: an amount has at most 25 digits before the point. */
const totalLimit = Decimal.ofUnits(powerOfTen(25), 0);

/**
 * Prices a usage by the terms of its price. Pure: the same usage and terms give the same result.
 *
 * In this order: the components' amounts, their sum, the terms' adjustments, those of the books (from the one next
 * to "default" on), less what was billed before if a bound holds for the period, the rounding. When bounds of both
 * scopes meet, those on the usage come after that subtraction.
 *
 * @throws PricingError METER_UNKNOWN, USAGE_INVALID, PRICE_NOT_APPLICABLE or AMOUNT_OVERFLOW.
 */
export function calculatePrice(
  terms: PriceTerms,
  sent: Usage,
  books: readonly BookStage[] = [],
): Calculation {
  const usage = completeUsage(sent);
  const compiled = compileTerms(terms);
  const changes = books.map(({ priceBook, change }) => compileBookChange(change, priceBook));
  const stages = [compiled, ...changes].flatMap(({ adjustments }) => adjustments ?? []);
  const wholePeriod = stages.some(boundsPeriod);
  const components = compiled.components.filter(({ applies }) => applies(usage));
  requireUsedEvents(usage, components);
  const context = contextOf(compiled, usage, components, changes, wholePeriod);
  const lines = components
    .flatMap((component) => priceComponent(component, context))
    .filter(({ quantity, amount }) => !quantity.isZero() || !amount.isZero());
  const amount = adjustTotal(sumOf(lines), usage, terms, stages);
  if (amount.amount.compare(totalLimit) >= 0) {
    throw new PricingError("AMOUNT_OVERFLOW", "the total has more than 25 digits before the point");
  }
  const steps = amount.steps.map((step) => adjustmentLine("", step, terms.currencyCode));
  return { total: amount.amount, lines: steps.length === 0 ? lines : [...lines, ...steps] };
}

function boundsPeriod({ scope, minimum, maximum }: CompiledAdjustments): boolean {
  return scope === "period" && (minimum !== undefined || maximum !== undefined);
}

function contextOf(
  { terms, graph }: CompiledTerms,
  usage: Usage,
  components: readonly CompiledComponent[],
  changes: readonly CompiledBookChange[],
  wholePeriod: boolean,
): PricingContext {
  const billed = new Set(components.flatMap(({ billedMeters }) => billedMeters));
  const { priceId, quantities, priorQuantities, priorBilled } = usage;
  // Otherwise the present usage alone would be held against all that was billed, and come out free.
  if (wholePeriod && !priorBilled.isZero() && priorQuantities.size === 0) {
    throw usageInvalid(priceId, "prior_billed without prior_quantities says nothing of the period");
  }
  const extraFreeUnits = new Map<string, Decimal>();
  for (const { freeUnits } of changes) {
    for (const [componentId, units] of freeUnits)
      extraFreeUnits.set(componentId, extraFreeUnits.get(componentId)?.add(units) ?? units);
  }
  return {
    usage,
    graph,
    currencyCode: terms.currencyCode,
    shares: shareOut(priceId, quantities, graph, billed, "refused"),
    priorShares: shareOut(priceId, priorQuantities, graph, billed, wholePeriod ? "refused" : "left_out"),
    extraFreeUnits,
    wholePeriod,
  };
}

/** Events that nothing counts would go unbilled. */
function requireUsedEvents(usage: Usage, components: readonly CompiledComponent[]): void {
  const { priceId, events } = usage;
  if (events.length === 0) return;
  const countsAmounts = components.some(({ variants }) => variants.some(({ basis }) => basis === "amount"));
  if (countsAmounts) return;
  const haveQuantities = events.some(({ quantities }) => quantities.size > 0);
  if (haveQuantities && sumOfAmounts(events).isZero()) return;
  throw usageInvalid(priceId, `events: the price ${priceId} bills quantities, not amounts of events`);
}

function adjustTotal(
  sum: Decimal,
  usage: Usage,
  { currencyCode, rounding }: PriceTerms,
  stages: readonly CompiledAdjustments[],
): AdjustedAmount {
  const isMinimumDue = usage.quantities.size > 0 || usage.events.length > 0;
  const byPeriod = stages.some(boundsPeriod);
  const amount = new AdjustedAmount(sum, currencyCode);
  amount.moveTo(atLeastZero(sum), "an amount below 0 counts as 0");
  for (const stage of stages) {
    amount.applyFactors(stage);
    if (!byPeriod || stage.scope === "period") amount.applyBounds(stage, isMinimumDue);
  }
  if (byPeriod) {
    const words = `less ${groupDigits(usage.priorBilled)} ${currencyCode} billed before in the period`;
    amount.moveTo(atLeastZero(amount.amount.subtract(usage.priorBilled)), words);
    for (const stage of stages.filter(({ scope }) => scope === "usage"))
      amount.applyBounds(stage, isMinimumDue);
  }
  if (rounding !== undefined) {
    const rounded = amount.amount.round(rounding.digits, rounding.mode);
    amount.moveTo(rounded, describeRounding(rounding));
  }
  return amount;
}

function describeRounding({ digits, mode }: Rounding): string {
  return `rounding to ${digits} digits, ${mode.replaceAll("-", " ")}`;
}
