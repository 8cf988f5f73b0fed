import { Decimal } from "#money/decimal.ts";
import type { PriceModel } from "../../price-terms.ts";
import type { Usage } from "../usage.ts";
import { groupDigits } from "../wording.ts";

/** What a model prices. */
export interface ModelInput {
  /** Units billed before in the period; undefined when the usage states none, or when the period is priced whole. */
  readonly before: Decimal | undefined;
  /** Units billed before and now, together. */
  readonly upTo: Decimal;
  /** Units of this usage that its free units cover. */
  readonly freeNow: Decimal;
  /** The whole period is priced, prior quantities with the present ones. */
  readonly wholePeriod: boolean;
  readonly usage: Usage;
  /** What is counted; empty for a component without a meter. */
  readonly meter: string;
  readonly currencyCode: string;
  /** A quantity in words: "1,200 of 2,000 input tokens". */
  subject(quantity: Decimal): string;
}

/** One step of a model: quantity × unit price ÷ per = amount. */
export interface PricedPart {
  readonly quantity: Decimal;
  /** Undefined for a step that only changes what came before it, such as a bound. */
  readonly unitPrice: Decimal | undefined;
  readonly per: Decimal;
  readonly amount: Decimal;
  /** The step in words, without its amount: "1,200 input tokens × 2.5 USD per 1,000,000". */
  readonly words: string;
}

/** Prices an input; the parts add up to the amount. */
export type Pricer = (input: ModelInput) => readonly PricedPart[];

/** What one kind of model means. */
export interface PriceModelRule<M extends PriceModel> {
  /** Reads the model's decimals once, so that pricing reads none. */
  compile(model: M): Pricer;
  /**
   * Whether a whole period can be priced from its sums; what depends on single usages or events cannot, and so
   * cannot be bounded by period.
   */
  isSumOfPeriod(model: M): boolean;
}

/** "× 2.5 USD per 1,000,000". */
export function timesPrice(unitPrice: Decimal, per: Decimal, currencyCode: string): string {
  const times = `× ${groupDigits(unitPrice)} ${currencyCode}`;
  return per.equals(Decimal.one) ? times : `${times} per ${groupDigits(per)}`;
}

/** What was billed now: all, less what was billed before. */
export function billedNow({ before, upTo }: ModelInput): Decimal {
  return before === undefined ? upTo : upTo.subtract(before);
}

/** A part that is an amount by itself. */
export function fixedPart(amount: Decimal, words: string): PricedPart {
  return { quantity: Decimal.one, unitPrice: amount, per: Decimal.one, amount, words };
}
