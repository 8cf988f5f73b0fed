import { Decimal } from "#money/decimal.ts";
import { PricingError } from "../pricing-error.ts";
import { AdjustedAmount } from "./adjustments.ts";
import type { CompiledComponent, CompiledVariant } from "./compile-terms.ts";
import { usageInvalid } from "./complete-usage.ts";
import { atLeastZero } from "./exact-amount.ts";
import type { MeterGraph } from "./meter-graph.ts";
import type { ModelInput } from "./models/price-model.ts";
import { sumOfAmounts, type Usage } from "./usage.ts";
import { groupDigits } from "./wording.ts";

/** quantity × unit price ÷ per = amount, or a step that changes what came before it. */
export interface CalculationLine {
  /** Empty for a step on the whole. */
  readonly meter: string;
  readonly quantity: Decimal;
  /** Undefined for a step without a price, such as a discount. */
  readonly unitPrice: Decimal | undefined;
  readonly per: Decimal;
  readonly amount: Decimal;
  /** The line in words: "1,200 input tokens × 2.5 USD per 1,000,000 = 0.003 USD". */
  readonly description: string;
}

/** What is known of a usage when its components are priced. */
export interface PricingContext {
  readonly usage: Usage;
  readonly graph: MeterGraph;
  readonly currencyCode: string;
  /** Billed quantity by meter of this usage, and of what came before. */
  readonly shares: ReadonlyMap<string, Decimal>;
  readonly priorShares: ReadonlyMap<string, Decimal>;
  /** Units that price books give free, by component. */
  readonly extraFreeUnits: ReadonlyMap<string, Decimal>;
  /** The period is priced whole, because a bound holds for all of it. */
  readonly wholePeriod: boolean;
}

/** What a component counts: of this usage and before it, in the meter's units. */
interface Counted {
  readonly now: Decimal;
  readonly prior: Decimal | undefined;
  readonly transform: (quantity: Decimal) => Decimal;
}

/** The lines of one component, which add up to its amount; none if the usage does not concern it. */
export function priceComponent(component: CompiledComponent, context: PricingContext): CalculationLine[] {
  const variant = component.variants.find(({ applies }) => applies(context.usage));
  if (variant === undefined) {
    requireNothingCounted(component, context);
    return [];
  }
  const counted = countFor(component, variant, context);
  if (counted === undefined) return [];
  if (context.wholePeriod && !variant.isSumOfPeriod) throw notByPeriod(component, context.usage);
  const { currencyCode } = context;
  const { input, notes } = inputOf(component, counted, context);
  const because = [variant.reason, ...notes].filter((note) => note !== "").join(", ");
  const lines: CalculationLine[] = variant.price(input).map(({ words, ...part }) => ({
    meter: component.meter,
    ...part,
    description: describe(words, part.amount, currencyCode, because),
  }));
  if (component.adjustments === undefined) return lines;
  const amount = new AdjustedAmount(sumOf(lines), currencyCode);
  amount.applyFactors(component.adjustments);
  amount.applyBounds(component.adjustments, true);
  return [...lines, ...amount.steps.map((step) => adjustmentLine(component.meter, step, currencyCode))];
}

/** A line that changes what came before it. */
export function adjustmentLine(
  meter: string,
  { amount, words }: { readonly amount: Decimal; readonly words: string },
  currencyCode: string,
): CalculationLine {
  const description = describe(words, amount, currencyCode, "");
  return { meter, quantity: Decimal.one, unitPrice: undefined, per: Decimal.one, amount, description };
}

/** The sum of the lines' amounts. */
export function sumOf(lines: readonly CalculationLine[]): Decimal {
  return lines.reduce((sum, { amount }) => sum.add(amount), Decimal.zero);
}

function describe(words: string, amount: Decimal, currencyCode: string, because: string): string {
  return `${words} = ${groupDigits(amount)} ${currencyCode}${because === "" ? "" : ` (${because})`}`;
}

/** What the variant's model counts; undefined if the usage has nothing of it. */
function countFor(
  component: CompiledComponent,
  { basis }: CompiledVariant,
  context: PricingContext,
): Counted | undefined {
  const { usage, shares, priorShares, wholePeriod } = context;
  const { meter, transform } = component;
  const share = shares.get(meter);
  const prior = priorShares.get(meter);
  const counted = { now: share ?? Decimal.zero, prior, transform };
  if (basis === "usage" && meter === "") return counted;
  if (basis === "amount" && usage.events.length > 0) {
    const now = sumOfAmounts(usage.events);
    if (share !== undefined) requireAgreement(usage, meter, transform(share), now, "the events' amounts");
    // Amounts of events are in the price's currency; the transform is for quantities.
    return { now, prior, transform: (amount) => amount };
  }
  if (basis === "time" && usage.endedAtMs !== undefined) {
    const now = Decimal.ofUnits(BigInt(usage.endedAtMs - usage.atMs), 3);
    if (share !== undefined) requireAgreement(usage, meter, transform(share), now, "ended_at − at");
    return { now, prior, transform: (seconds) => seconds };
  }
  if (share !== undefined || (wholePeriod && prior !== undefined)) return counted;
  return undefined;
}

function requireAgreement(
  usage: Usage,
  meter: string,
  stated: Decimal,
  counted: Decimal,
  what: string,
): void {
  if (stated.equals(counted)) return;
  throw usageInvalid(
    usage.priceId,
    `${meter} is ${stated.toString()}, but ${what} come to ${counted.toString()}`,
    { meter },
  );
}

function inputOf(
  component: CompiledComponent,
  { now, prior, transform }: Counted,
  { usage, graph, currencyCode, extraFreeUnits, wholePeriod }: PricingContext,
): { readonly input: ModelInput; readonly notes: readonly string[] } {
  const { componentId, meter } = component;
  const extra = extraFreeUnits.get(componentId);
  const freeUnits = extra === undefined ? component.freeUnits : component.freeUnits.add(extra);
  const unitsBefore = prior === undefined ? Decimal.zero : transform(prior);
  const unitsUpTo = prior === undefined ? transform(now) : transform(prior.add(now));
  const upTo = freeUnits.isZero() ? unitsUpTo : atLeastZero(unitsUpTo.subtract(freeUnits));
  const billedBefore = freeUnits.isZero() ? unitsBefore : atLeastZero(unitsBefore.subtract(freeUnits));
  const freeNow = unitsUpTo.subtract(unitsBefore).subtract(upTo.subtract(billedBefore));
  const name = graph.get(meter)?.name ?? "";
  const whole = usage.quantities.get(meter) ?? now;
  const subject = (quantity: Decimal) => {
    const rest = quantity.equals(now) && !whole.equals(now) ? ` of ${groupDigits(whole)}` : "";
    return `${groupDigits(quantity)}${rest} ${name}`.trim();
  };
  const units = unitsUpTo.subtract(unitsBefore);
  const notes = [
    ...(component.isTransformed && !units.equals(now)
      ? [`${groupDigits(now)} converted to ${groupDigits(units)}`]
      : []),
    ...(freeNow.isZero() ? [] : [`${groupDigits(freeNow)} free`]),
  ];
  const before = prior === undefined || wholePeriod ? undefined : billedBefore;
  return { input: { before, upTo, freeNow, wholePeriod, usage, meter, currencyCode, subject }, notes };
}

/** A component without a variant for the usage may only be one that the usage does not concern. */
function requireNothingCounted(component: CompiledComponent, { usage, shares }: PricingContext): void {
  const { componentId, meter, variants } = component;
  const hasAmounts = variants.some(({ basis }) => basis === "amount") && !sumOfAmounts(usage.events).isZero();
  const isTimed = variants.some(({ basis }) => basis === "time") && usage.endedAtMs !== undefined;
  if (!hasAmounts && !isTimed && (shares.get(meter)?.isZero() ?? true)) return;
  throw new PricingError(
    "PRICE_NOT_APPLICABLE",
    `the price ${usage.priceId} has no variant of ${componentId} for this usage`,
    { metadata: { price_id: usage.priceId, component_id: componentId, meter } },
  );
}

function notByPeriod({ componentId, meter }: CompiledComponent, { priceId }: Usage): PricingError {
  return new PricingError(
    "PRICE_NOT_APPLICABLE",
    `${componentId} of ${priceId} depends on single usages, so that no bound for the period can hold for it`,
    { metadata: { price_id: priceId, component_id: componentId, meter } },
  );
}
