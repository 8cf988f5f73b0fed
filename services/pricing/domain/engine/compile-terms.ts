import { Decimal } from "#money/decimal.ts";
import { powerOfTen } from "#money/powers-of-ten.ts";
import { divideRounded, type RoundingMode } from "#money/rounding.ts";
import type { BookChange, PriceComponent, PriceTerms, PriceVariant, Transform } from "../price-terms.ts";
import { type CompiledAdjustments, compileAdjustments } from "./adjustments.ts";
import { compileConditions, describeConditions, type Test } from "./conditions.ts";
import { divideExactly } from "./exact-division.ts";
import { buildMeterGraph, eventMetersOf, type MeterGraph } from "./meter-graph.ts";
import type { Pricer } from "./models/price-model.ts";
import { compileModel, isSumOfPeriod, type ModelBasis, modelBases } from "./models/price-models.ts";

/** Terms ready to price by: every decimal is read, every condition and model is a function. */
export interface CompiledTerms {
  readonly terms: PriceTerms;
  readonly graph: MeterGraph;
  readonly components: readonly CompiledComponent[];
  readonly adjustments: CompiledAdjustments | undefined;
}

export interface CompiledComponent {
  readonly componentId: string;
  /** Empty for a component that needs none. */
  readonly meter: string;
  /** Meters that it bills: its own, and those that count its events. */
  readonly billedMeters: readonly string[];
  readonly applies: Test;
  readonly transform: (quantity: Decimal) => Decimal;
  readonly isTransformed: boolean;
  readonly freeUnits: Decimal;
  readonly variants: readonly CompiledVariant[];
  readonly adjustments: CompiledAdjustments | undefined;
}

export interface CompiledVariant {
  readonly variantId: string;
  readonly applies: Test;
  /** The component's and the variant's conditions in words; empty when there are none. */
  readonly reason: string;
  readonly basis: ModelBasis;
  readonly isSumOfPeriod: boolean;
  readonly price: Pricer;
}

/** What a book changes, its decimals read. */
export interface CompiledBookChange {
  readonly adjustments: CompiledAdjustments | undefined;
  readonly freeUnits: ReadonlyMap<string, Decimal>;
}

const compiledTerms = new WeakMap<PriceTerms, CompiledTerms>();
const compiledChanges = new WeakMap<BookChange, CompiledBookChange>();

/** The terms ready to price by. Worked out once per terms, since terms never change. */
export function compileTerms(terms: PriceTerms): CompiledTerms {
  let compiled = compiledTerms.get(terms);
  if (compiled === undefined) {
    const graph = buildMeterGraph(terms);
    compiled = {
      terms,
      graph,
      components: terms.components.map((component) => compileComponent(component, graph)),
      adjustments: terms.adjustments && compileAdjustments(terms.adjustments),
    };
    compiledTerms.set(terms, compiled);
  }
  return compiled;
}

/** A book's change ready to apply; likewise. */
export function compileBookChange(change: BookChange, priceBook: string): CompiledBookChange {
  let compiled = compiledChanges.get(change);
  if (compiled === undefined) {
    compiled = {
      adjustments: change.adjustments && compileAdjustments(change.adjustments, `price book ${priceBook}`),
      freeUnits: new Map(
        change.freeUnits.map(({ componentId, units }) => [componentId, Decimal.parse(units)]),
      ),
    };
    compiledChanges.set(change, compiled);
  }
  return compiled;
}

function compileComponent(component: PriceComponent, graph: MeterGraph): CompiledComponent {
  const { componentId, meter, conditions, transform, freeUnits, variants, adjustments } = component;
  return {
    componentId,
    meter,
    billedMeters: [...(meter === "" ? [] : [meter]), ...eventMetersOf(variants)],
    applies: compileConditions(conditions),
    transform: compileTransform(transform),
    isTransformed: transform !== undefined,
    freeUnits: Decimal.parse(freeUnits),
    variants: variants.map((variant) => compileVariant(component, variant, graph)),
    adjustments: adjustments && compileAdjustments(adjustments),
  };
}

function compileVariant(
  component: PriceComponent,
  variant: PriceVariant,
  graph: MeterGraph,
): CompiledVariant {
  const nameOf = (meter: string) => graph.get(meter)?.name ?? meter;
  return {
    variantId: variant.variantId,
    applies: compileConditions(variant.conditions),
    reason: describeConditions([...component.conditions, ...variant.conditions], nameOf),
    basis: modelBases[variant.model.kind],
    isSumOfPeriod: isSumOfPeriod(variant.model),
    price: compileModel(variant.model),
  };
}

const wholeUnits: Readonly<Record<Exclude<Transform["rounding"], "none">, RoundingMode>> = {
  up: "up",
  down: "down",
  half_even: "half-even",
};

function compileTransform(transform: Transform | undefined): (quantity: Decimal) => Decimal {
  if (transform === undefined) return (quantity) => quantity;
  const factor = Decimal.parse(transform.multiplyBy);
  const divisor = Decimal.parse(transform.divideBy);
  const { rounding } = transform;
  if (rounding === "none") return (quantity) => divideExactly(quantity.multiply(factor), divisor);
  const mode = wholeUnits[rounding];
  // Rounded from the exact fraction, so that a quotient without end is not rounded twice.
  return (quantity) => {
    const dividend = quantity.multiply(factor);
    const scale = Math.max(dividend.scale, divisor.scale);
    const numerator = dividend.units * powerOfTen(scale - dividend.scale);
    const denominator = divisor.units * powerOfTen(scale - divisor.scale);
    return Decimal.ofUnits(divideRounded(numerator, denominator, mode), 0);
  };
}
