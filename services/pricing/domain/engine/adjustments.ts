import { Decimal } from "#money/decimal.ts";
import type { AdjustmentScope, Adjustments } from "../price-terms.ts";
import { amountOf, percentOf, restOfPercent } from "./exact-amount.ts";
import { groupDigits } from "./wording.ts";

/** A step that changed an amount. */
export interface AdjustmentStep {
  /** Signed. */
  readonly amount: Decimal;
  /** In words, without the amount: "20 % discount". */
  readonly words: string;
}

/** Adjustments, their decimals read. */
export interface CompiledAdjustments {
  readonly markup: Decimal;
  readonly discount: Decimal;
  readonly minimum: Decimal | undefined;
  readonly maximum: Decimal | undefined;
  readonly scope: AdjustmentScope;
  /** Whose they are, for the words: "price book gold"; empty for the price's own. */
  readonly owner: string;
}

export function compileAdjustments(adjustments: Adjustments, owner = ""): CompiledAdjustments {
  const { minimumAmount, maximumAmount } = adjustments;
  return {
    markup: Decimal.parse(adjustments.markupMultiplier),
    discount: Decimal.parse(adjustments.discountPercent),
    minimum: minimumAmount === undefined ? undefined : Decimal.parse(minimumAmount),
    maximum: maximumAmount === undefined ? undefined : Decimal.parse(maximumAmount),
    scope: adjustments.scope,
    owner,
  };
}

/** An amount on its way through adjustments, with the steps that changed it. */
export class AdjustedAmount {
  readonly steps: AdjustmentStep[] = [];
  readonly #currencyCode: string;
  #amount: Decimal;

  constructor(amount: Decimal, currencyCode: string) {
    this.#amount = amount;
    this.#currencyCode = currencyCode;
  }

  get amount(): Decimal {
    return this.#amount;
  }

  /** Brings the amount to another one. A step that changes nothing is not noted. */
  moveTo(amount: Decimal, words: string): void {
    if (amount.equals(this.#amount)) return;
    this.steps.push({ amount: amount.subtract(this.#amount), words });
    this.#amount = amount;
  }

  /** Markup, then discount. */
  applyFactors({ markup, discount, owner }: CompiledAdjustments): void {
    const by = owner === "" ? "" : ` of the ${owner}`;
    this.moveTo(amountOf(this.#amount.multiply(markup)), `markup × ${groupDigits(markup)}${by}`);
    this.moveTo(percentOf(this.#amount, restOfPercent(discount)), `${groupDigits(discount)} % discount${by}`);
  }

  /** Minimum (unless it is not due), then maximum. */
  applyBounds({ minimum, maximum, owner, scope }: CompiledAdjustments, isMinimumDue: boolean): void {
    const by = `${owner === "" ? "" : ` of the ${owner}`}${scope === "period" ? " for the period" : ""}`;
    const words = (what: string, bound: Decimal) =>
      `${what}${by}, ${groupDigits(bound)} ${this.#currencyCode}`;
    if (minimum !== undefined && isMinimumDue && this.#amount.compare(minimum) < 0)
      this.moveTo(minimum, words("raised to the minimum", minimum));
    if (maximum !== undefined && this.#amount.compare(maximum) > 0)
      this.moveTo(maximum, words("cut to the maximum", maximum));
  }
}
