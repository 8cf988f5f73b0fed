import type { Decimal } from "#money/decimal.ts";
import { divideExactly } from "./exact-division.ts";
import type { PriceModel } from "./price-terms.ts";
import { groupDigits } from "./wording.ts";

/** What a model prices. */
export interface ModelInput {
  /** The quantity to bill now, ≥ 0. */
  readonly quantity: Decimal;
  readonly currencyCode: string;
}

/** One step of a model: quantity × unit price ÷ per = amount. */
export interface PricedPart {
  readonly quantity: Decimal;
  readonly unitPrice: Decimal;
  readonly per: Decimal;
  readonly amount: Decimal;
  /** What follows the quantity in words: "× 2.5 USD per 1,000,000". */
  readonly words: string;
}

/** How one kind of model prices a quantity: the parts add up to the amount. */
type PriceModelRule<M extends PriceModel> = (model: M, input: ModelInput) => readonly PricedPart[];

/** Every kind of model. */
const priceModelRules: {
  readonly [K in PriceModel["kind"]]: PriceModelRule<Extract<PriceModel, { kind: K }>>;
} = {
  per_unit: ({ unitAmount, per }, { quantity, currencyCode }) => [
    {
      quantity,
      unitPrice: unitAmount,
      per,
      amount: divideExactly(quantity.multiply(unitAmount), per),
      words: `× ${groupDigits(unitAmount)} ${currencyCode} per ${groupDigits(per)}`,
    },
  ],
};

/** Prices a quantity by a model. */
export function priceByModel(model: PriceModel, input: ModelInput): readonly PricedPart[] {
  return (priceModelRules[model.kind] as PriceModelRule<PriceModel>)(model, input);
}
