import { Decimal } from "#money/decimal.ts";
import { powerOfTen } from "#money/powers-of-ten.ts";
import { divideRounded } from "#money/rounding.ts";
import type { FlatModel, PackageModel, PerUnitModel } from "../../price-terms.ts";
import { amountOf } from "../exact-amount.ts";
import { divideExactly } from "../exact-division.ts";
import { quantityOf } from "../usage.ts";
import { groupDigits } from "../wording.ts";
import { billedNow, fixedPart, type PriceModelRule, timesPrice } from "./price-model.ts";

/** A fixed amount. */
export const flatModel: PriceModelRule<FlatModel> = {
  compile({ amount, occurrence }) {
    const due = Decimal.parse(amount);
    return ({ usage, wholePeriod, meter, subject }) => {
      const paid =
        occurrence === "per_period" &&
        !wholePeriod &&
        (!usage.priorBilled.isZero() || [...usage.priorQuantities.values()].some((prior) => !prior.isZero()));
      if (paid) return [];
      const how = occurrence === "per_period" ? "once in the period" : "for each usage";
      const named = meter === "" ? "" : ` for ${subject(quantityOf(usage, meter))}`;
      return [fixedPart(due, `flat amount${named}, ${how}`)];
    };
  },
  isSumOfPeriod: ({ occurrence }) => occurrence === "per_period",
};

/** The same for every unit. */
export const perUnitModel: PriceModelRule<PerUnitModel> = {
  compile(model) {
    const unitPrice = Decimal.parse(model.unitAmount);
    const per = Decimal.parse(model.per);
    // A compiled model belongs to one price, and so to one currency.
    let times: string | undefined;
    return (input) => {
      const quantity = billedNow(input);
      times ??= timesPrice(unitPrice, per, input.currencyCode);
      return [
        {
          quantity,
          unitPrice,
          per,
          amount: amountOf(divideExactly(quantity.multiply(unitPrice), per)),
          words: `${input.subject(quantity)} ${times}`,
        },
      ];
    };
  },
  isSumOfPeriod: () => true,
};

/** Whole packages; one that was begun before in the period is paid. */
export const packageModel: PriceModelRule<PackageModel> = {
  compile({ packageSize, packageAmount }) {
    const size = Decimal.parse(packageSize);
    const unitPrice = Decimal.parse(packageAmount);
    const packagesFor = (units: Decimal) => Decimal.ofUnits(wholeParts(units, size), 0);
    return (input) => {
      const before = input.before === undefined ? Decimal.zero : packagesFor(input.before);
      const quantity = packagesFor(input.upTo).subtract(before);
      const of = `of ${groupDigits(size)} for ${input.subject(billedNow(input))}`;
      return [
        {
          quantity,
          unitPrice,
          per: Decimal.one,
          amount: quantity.multiply(unitPrice),
          words: `${groupDigits(quantity)} packages ${of} ${timesPrice(unitPrice, Decimal.one, input.currencyCode)}`,
        },
      ];
    };
  },
  isSumOfPeriod: () => true,
};

/** How many parts of a size hold a quantity, rounded up. */
function wholeParts(quantity: Decimal, size: Decimal): bigint {
  const scale = Math.max(quantity.scale, size.scale);
  const unitsOf = ({ units, scale: own }: Decimal) => units * powerOfTen(scale - own);
  return divideRounded(unitsOf(quantity), unitsOf(size), "up");
}
