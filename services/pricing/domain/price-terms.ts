import type { Decimal } from "#money/decimal.ts";

/** Everything that decides what a usage costs; the meaning is that of `billing.pricing.v1.PriceTerms`. Immutable. */
export interface PriceTerms {
  /** Currency of all amounts. */
  readonly currencyCode: string;
  readonly components: readonly PriceComponent[];
  /** Facts about meters; one that a component names needs no entry unless it is a subset or has a name. */
  readonly meters: readonly Meter[];
}

/** Facts about a meter of a price. */
export interface Meter {
  readonly meter: string;
  /** Name for people; empty means the meter with spaces. */
  readonly displayName: string;
  /** Meters whose quantity includes this one's; the first that is billed bills what is not billed by itself. */
  readonly subsetOf: readonly string[];
}

/** One thing that is billed. */
export interface PriceComponent {
  /** Unique in the price. */
  readonly componentId: string;
  readonly meter: string;
  /** All must hold for the component to apply. */
  readonly conditions: readonly Condition[];
  /** Alternatives, most special first; the first whose conditions all hold prices the quantity. */
  readonly variants: readonly PriceVariant[];
}

/** One way to price a component. */
export interface PriceVariant {
  /** Unique in the component. */
  readonly variantId: string;
  readonly conditions: readonly Condition[];
  readonly model: PriceModel;
}

/** How a quantity becomes an amount, told apart by `kind`. */
export type PriceModel = PerUnitModel;

/** quantity × unit amount ÷ per. */
export interface PerUnitModel {
  readonly kind: "per_unit";
  /** Price of `per` units, ≥ 0. */
  readonly unitAmount: Decimal;
  /** Units that it buys, > 0. */
  readonly per: Decimal;
}

/** Something that must hold, told apart by `kind`. */
export type Condition = AttributeCondition | QuantityCondition;

/** Holds when an attribute of the usage matches. */
export interface AttributeCondition {
  readonly kind: "attribute";
  readonly attribute: string;
  readonly match: AttributeMatch;
  /** Compared exactly; empty for `present` and `absent`. */
  readonly values: readonly string[];
}

/** How an attribute is compared; `none_of` also holds when it is missing. */
export type AttributeMatch = "any_of" | "none_of" | "present" | "absent";

/** Holds when the whole quantity of a meter, subsets included, lies in a range. */
export interface QuantityCondition {
  readonly kind: "quantity";
  readonly meter: string;
  /** Exclusive lower bound. */
  readonly above: Decimal | undefined;
  /** Inclusive upper bound. */
  readonly upTo: Decimal | undefined;
}
