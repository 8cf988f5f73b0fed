import type { PriceModel } from "../../price-terms.ts";
import { costPlusModel, percentageModel } from "./amount-models.ts";
import { durationModel } from "./duration-model.ts";
import type { PriceModelRule, Pricer } from "./price-model.ts";
import { flatModel, packageModel, perUnitModel } from "./quantity-models.ts";
import { graduatedModel, graduatedPercentageModel, volumeModel } from "./tier-models.ts";

/** Every kind of model. */
const models: { readonly [K in PriceModel["kind"]]: PriceModelRule<Extract<PriceModel, { kind: K }>> } = {
  flat: flatModel,
  per_unit: perUnitModel,
  graduated: graduatedModel,
  volume: volumeModel,
  packages: packageModel,
  percentage: percentageModel,
  graduated_percentage: graduatedPercentageModel,
  cost_plus: costPlusModel,
  duration: durationModel,
};

/** What a model counts. */
export type ModelBasis = "usage" | "quantity" | "amount" | "time";

/** What each kind counts: the usage itself, its quantities, the amounts of its events, or time. */
export const modelBases: Readonly<Record<PriceModel["kind"], ModelBasis>> = {
  flat: "usage",
  per_unit: "quantity",
  graduated: "quantity",
  volume: "quantity",
  packages: "quantity",
  percentage: "amount",
  graduated_percentage: "amount",
  cost_plus: "amount",
  duration: "time",
};

/** A model ready to price, its decimals read. */
export function compileModel(model: PriceModel): Pricer {
  return ruleOf(model).compile(model);
}

/** Whether a whole period can be priced by the model from sums alone. */
export function isSumOfPeriod(model: PriceModel): boolean {
  return ruleOf(model).isSumOfPeriod(model);
}

function ruleOf(model: PriceModel): PriceModelRule<PriceModel> {
  return models[model.kind] as PriceModelRule<PriceModel>;
}
