import type { RoundingMode } from "#money/rounding.ts";

/**
 * A decimal of at least 0 as text, canonical ("2.5", not "2.50"): equal terms are equal texts, and nothing stands
 * between the digits that were stated and those that are kept.
 */
export type DecimalText = string;

/**
 * Everything that decides what a usage costs; the meaning is that of `billing.pricing.v1.PriceTerms`, with its
 * defaults filled in. Plain data, immutable.
 */
export interface PriceTerms {
  /** Currency of all amounts. */
  readonly currencyCode: string;
  readonly components: readonly PriceComponent[];
  /** Facts about meters; one that a component names needs no entry unless it is a subset or has a name. */
  readonly meters: readonly Meter[];
  readonly adjustments?: Adjustments;
  readonly rounding?: Rounding;
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
  /** Empty only for models that need none. */
  readonly meter: string;
  /** All must hold for the component to apply. */
  readonly conditions: readonly Condition[];
  readonly transform?: Transform;
  /** Units free in a period, after the transform. */
  readonly freeUnits: DecimalText;
  /** Alternatives, most special first; the first whose conditions all hold prices the quantity. */
  readonly variants: readonly PriceVariant[];
  readonly adjustments?: Adjustments;
}

/** One way to price a component. */
export interface PriceVariant {
  /** Unique in the component. */
  readonly variantId: string;
  readonly conditions: readonly Condition[];
  readonly model: PriceModel;
}

/** Turns a metered quantity into billed units: × multiplyBy ÷ divideBy, then whole units where stated. */
export interface Transform {
  readonly multiplyBy: DecimalText;
  readonly divideBy: DecimalText;
  readonly rounding: TransformRounding;
}

export type TransformRounding = "none" | "up" | "down" | "half_even";

/** Changes to an amount, always in this order: markup, discount, minimum, maximum. */
export interface Adjustments {
  /** Above 0. */
  readonly markupMultiplier: DecimalText;
  /** 0 to 100. */
  readonly discountPercent: DecimalText;
  readonly minimumAmount?: DecimalText;
  readonly maximumAmount?: DecimalText;
  /** What minimum and maximum bound. */
  readonly scope: AdjustmentScope;
}

export type AdjustmentScope = "usage" | "period";

/** A price's own rounding of its total. */
export interface Rounding {
  readonly digits: number;
  readonly mode: RoundingMode;
}

/** How a quantity becomes an amount, told apart by `kind`; the kinds are named as in the contract. */
export type PriceModel =
  | FlatModel
  | PerUnitModel
  | GraduatedModel
  | VolumeModel
  | PackageModel
  | PercentageModel
  | GraduatedPercentageModel
  | CostPlusModel
  | DurationModel;

/** A fixed amount. */
export interface FlatModel {
  readonly kind: "flat";
  readonly amount: DecimalText;
  readonly occurrence: "per_usage" | "per_period";
}

/** quantity × unit amount ÷ per. */
export interface PerUnitModel {
  readonly kind: "per_unit";
  /** Price of `per` units. */
  readonly unitAmount: DecimalText;
  /** Above 0. */
  readonly per: DecimalText;
}

/** Each unit by its own tier. */
export interface GraduatedModel {
  readonly kind: "graduated";
  /** In rising order. */
  readonly tiers: readonly Tier[];
}

/** Every unit by the tier of the whole. */
export interface VolumeModel {
  readonly kind: "volume";
  /** In rising order. */
  readonly tiers: readonly Tier[];
}

export interface Tier {
  /** Inclusive; missing in an unbounded last tier. */
  readonly upTo?: DecimalText;
  readonly unitAmount: DecimalText;
  readonly per: DecimalText;
  readonly flatAmount: DecimalText;
}

/** Whole packages. */
export interface PackageModel {
  readonly kind: "packages";
  readonly packageSize: DecimalText;
  readonly packageAmount: DecimalText;
}

/** A part of an amount, plus a fixed amount per event. */
export interface PercentageModel {
  readonly kind: "percentage";
  readonly ratePercent: DecimalText;
  readonly fixedAmount: DecimalText;
  readonly freeEvents: number;
  /** 0 means none. */
  readonly freeAmount: DecimalText;
  readonly minimumPerEvent?: DecimalText;
  readonly maximumPerEvent?: DecimalText;
  /** Empty means none. */
  readonly eventMeter: string;
}

/** Parts of an amount by tiers. */
export interface GraduatedPercentageModel {
  readonly kind: "graduated_percentage";
  readonly tiers: readonly PercentageTier[];
}

export interface PercentageTier {
  readonly upTo?: DecimalText;
  readonly ratePercent: DecimalText;
  readonly flatAmount: DecimalText;
}

/** A cost passed on. */
export interface CostPlusModel {
  readonly kind: "cost_plus";
  readonly multiplier: DecimalText;
  readonly fixedAmount: DecimalText;
}

/** By elapsed time. */
export interface DurationModel {
  readonly kind: "duration";
  /** The first whose window holds applies. */
  readonly rates: readonly DurationRate[];
}

export interface DurationRate {
  /** Missing means always. */
  readonly window?: TimeWindow;
  /** Due once when the usage begins in this window. */
  readonly connectFee: DecimalText;
  /** By rising `fromMs`, the first from 0. */
  readonly steps: readonly DurationStep[];
}

export interface DurationStep {
  /** Elapsed time at which it begins. */
  readonly fromMs: number;
  readonly incrementMs: number;
  /** Price of `perMs`. */
  readonly amount: DecimalText;
  readonly perMs: number;
}

/** Something that must hold, told apart by `kind`. */
export type Condition = AttributeCondition | QuantityCondition | TimeWindowCondition;

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
  readonly above?: DecimalText;
  /** Inclusive upper bound. */
  readonly upTo?: DecimalText;
}

/** Holds when the usage began in a window of local time. */
export interface TimeWindowCondition {
  readonly kind: "time_window";
  readonly window: TimeWindow;
}

/** A recurring window of local time. */
export interface TimeWindow {
  /** IANA name. */
  readonly timeZone: string;
  /** ISO days, 1 Monday to 7 Sunday, on which it begins; empty means every day. */
  readonly weekdays: readonly number[];
  /** "HH:MM:SS", inclusive. */
  readonly from: string;
  /** Exclusive, also "24:00:00"; at or before `from` it lies on the next day. */
  readonly to: string;
}

/** What a price book changes on a price of its parent. */
export interface BookChange {
  readonly adjustments?: Adjustments;
  /** Units free on top of the components' own. */
  readonly freeUnits: readonly FreeUnits[];
}

export interface FreeUnits {
  readonly componentId: string;
  readonly units: DecimalText;
}
