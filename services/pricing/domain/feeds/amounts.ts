import { Decimal } from "#money/decimal.ts";
import { Ratio } from "#money/ratio.ts";
import type { PriceTerms } from "../price-terms.ts";
import { type AmountOrigin, amountKey } from "./feed-record.ts";

/** A single amount of a price. */
export interface Amount {
  readonly componentId: string;
  readonly variantId: string;
  /** Path in the variant, for example "per_unit.unit_amount" or "graduated.tiers[1].flat_amount". */
  readonly path: string;
  readonly text: string;
  /** Units that it buys, where it says so. */
  readonly per: string;
}

/** An amount that differs between two forms of a price. */
export interface AmountChange {
  readonly componentId: string;
  readonly variantId: string;
  readonly path: string;
  /** Empty when it is new. */
  readonly before: string;
  /** Empty when it is gone. */
  readonly after: string;
  /** after ÷ before, up to 6 digits; empty when one is missing or before is 0. */
  readonly factor: string;
  readonly sourceKey: string;
  readonly sourceValue: string;
}

/** Fields of models that are amounts or rates, by their names in the contract. */
const amountFields = new Set([
  "amount",
  "unit_amount",
  "flat_amount",
  "package_amount",
  "rate_percent",
  "fixed_amount",
  "free_amount",
  "minimum_per_event",
  "maximum_per_event",
  "multiplier",
  "connect_fee",
  "markup_multiplier",
]);

/** Digits of a factor as it is shown. */
export const factorDigits = 6;

/** The amounts of a price, by {@link amountKey}. */
export function amountsOf({ components, adjustments }: PriceTerms): ReadonlyMap<string, Amount> {
  const amounts = new Map<string, Amount>();
  const add = (amount: Amount) =>
    amounts.set(amountKey(amount.componentId, amount.variantId, amount.path), amount);
  for (const { componentId, variants } of components) {
    for (const { variantId, model } of variants) {
      const { kind, ...fields } = model;
      collect(fields, kind, (path, text, per) => add({ componentId, variantId, path, text, per }));
    }
  }
  if (adjustments !== undefined) {
    const { markupMultiplier: text } = adjustments;
    if (text !== "1")
      add({ componentId: "", variantId: "", path: "adjustments.markup_multiplier", text, per: "1" });
  }
  return amounts;
}

/** What differs between two forms of a price. */
export interface Comparison {
  readonly amounts: readonly AmountChange[];
  /** The largest factor of an amount, up or down; at least 1. Undefined when none can be told. */
  readonly largestFactor: Ratio | undefined;
}

export function compareAmounts(
  before: PriceTerms | undefined,
  after: PriceTerms | undefined,
  origins: Readonly<Record<string, AmountOrigin>>,
): Comparison {
  const old = before === undefined ? new Map<string, Amount>() : amountsOf(before);
  const now = after === undefined ? new Map<string, Amount>() : amountsOf(after);
  const amounts: AmountChange[] = [];
  let largestFactor: Ratio | undefined;
  for (const key of new Set([...old.keys(), ...now.keys()])) {
    const was = old.get(key);
    const is = now.get(key);
    const { componentId, variantId, path } = (is ?? was)!;
    if (was !== undefined && is !== undefined && was.text === is.text && was.per === is.per) continue;
    const factor = factorOf(was, is);
    if (factor !== undefined && !factor.isZero()) {
      const either = factor.compare(Ratio.one) >= 0 ? factor : factor.invert();
      if (largestFactor === undefined || either.compare(largestFactor) > 0) largestFactor = either;
    }
    amounts.push({
      componentId,
      variantId,
      path,
      before: was?.text ?? "",
      after: is?.text ?? "",
      factor: factor?.round(factorDigits, "half-even").toString() ?? "",
      sourceKey: origins[key]?.key ?? "",
      sourceValue: origins[key]?.value ?? "",
    });
  }
  return { amounts, largestFactor };
}

/** By how much an amount changes, for as many units; undefined when that cannot be told. */
function factorOf(before: Amount | undefined, after: Amount | undefined): Ratio | undefined {
  if (before === undefined || after === undefined || Decimal.parse(before.text).isZero()) return undefined;
  return perUnit(after).divide(perUnit(before));
}

function perUnit({ text, per }: Amount): Ratio {
  return Ratio.fromDecimal(Decimal.parse(text)).divide(Ratio.fromDecimal(Decimal.parse(per)));
}

function collect(value: unknown, path: string, add: (path: string, text: string, per: string) => void): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) collect(each, `${path}[${index}]`, add);
    return;
  }
  const fields = value as Readonly<Record<string, unknown>>;
  const per = typeof fields.per === "string" ? fields.per : "1";
  for (const [name, each] of Object.entries(fields)) {
    const field = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    if (typeof each === "string") {
      if (amountFields.has(field)) add(`${path}.${field}`, each, per);
    } else collect(each, `${path}.${field}`, add);
  }
}
