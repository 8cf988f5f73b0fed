import { Decimal, maxDecimal, minDecimal } from "#money/decimal.ts";
import type { GraduatedModel, GraduatedPercentageModel, VolumeModel } from "../../price-terms.ts";
import { PricingError } from "../../pricing-error.ts";
import { amountOf } from "../exact-amount.ts";
import { divideExactly } from "../exact-division.ts";
import { groupDigits } from "../wording.ts";
import {
  fixedPart,
  type ModelInput,
  type PricedPart,
  type PriceModelRule,
  timesPrice,
} from "./price-model.ts";

/** A tier, its decimals read. */
interface CompiledTier {
  /** Exclusive. */
  readonly above: Decimal;
  /** Inclusive; undefined in an unbounded last tier. */
  readonly upTo: Decimal | undefined;
  readonly unitPrice: Decimal;
  readonly per: Decimal;
  readonly flatAmount: Decimal;
  /** "above 10 up to 15". */
  readonly range: string;
}

/** How units of a tier and their price read. */
type PartWords = (input: ModelInput, quantity: Decimal, tier: CompiledTier) => string;

const unitWords: PartWords = (input, quantity, { unitPrice, per, range }) =>
  `${input.subject(quantity)}${range === "" ? "" : ` ${range}`} ${timesPrice(unitPrice, per, input.currencyCode)}`;

const percentWords: PartWords = ({ currencyCode }, quantity, { unitPrice, range }) =>
  `${groupDigits(quantity)} ${currencyCode}${range === "" ? "" : ` ${range}`} × ${groupDigits(unitPrice)} %`;

/** Each unit by its own tier. */
export const graduatedModel: PriceModelRule<GraduatedModel> = {
  compile: ({ tiers }) => passThrough(compileTiers(tiers), unitWords),
  isSumOfPeriod: () => true,
};

/** Each part of an amount by the percentage of its own tier. */
export const graduatedPercentageModel: PriceModelRule<GraduatedPercentageModel> = {
  compile: ({ tiers }) =>
    passThrough(
      compileTiers(
        tiers.map(({ ratePercent, ...tier }) => ({ ...tier, unitAmount: ratePercent, per: "100" })),
      ),
      percentWords,
    ),
  isSumOfPeriod: () => true,
};

/** Every unit by the tier of the whole; with a prior quantity, less what that costs by its own tier. */
export const volumeModel: PriceModelRule<VolumeModel> = {
  compile({ tiers }) {
    const compiled = compileTiers(tiers);
    const price = (input: ModelInput, quantity: Decimal, isPrior: boolean): PricedPart[] => {
      const tier = compiled.find(({ upTo }) => upTo === undefined || quantity.compare(upTo) <= 0);
      if (tier === undefined) throw beyondTiers(input, quantity);
      const counted = isPrior ? quantity.negate() : quantity;
      const flat = isPrior ? tier.flatAmount.negate() : tier.flatAmount;
      const less = isPrior ? "less, for what came before: " : "";
      return [
        tierPart(counted, tier, `${less}${unitWords(input, quantity, tier)}`),
        ...(flat.isZero() ? [] : [fixedPart(flat, `${less}flat amount${within(tier)}`)]),
      ];
    };
    return (input) => [
      ...price(input, input.upTo, false),
      ...(input.before === undefined ? [] : price(input, input.before, true)),
    ];
  },
  isSumOfPeriod: () => true,
};

function passThrough(tiers: readonly CompiledTier[], words: PartWords) {
  const last = tiers.at(-1)?.upTo;
  return (input: ModelInput): PricedPart[] => {
    const { before, upTo } = input;
    if (last !== undefined && upTo.compare(last) > 0) throw beyondTiers(input, upTo);
    const parts: PricedPart[] = [];
    for (const [index, tier] of tiers.entries()) {
      const entered = (quantity: Decimal) => index === 0 || quantity.compare(tier.above) > 0;
      if (!entered(upTo)) break;
      if (!tier.flatAmount.isZero() && (before === undefined || !entered(before)))
        parts.push(fixedPart(tier.flatAmount, `flat amount${within(tier)}`));
      const from = before === undefined ? tier.above : maxDecimal(before, tier.above);
      const to = tier.upTo === undefined ? upTo : minDecimal(upTo, tier.upTo);
      if (to.compare(from) <= 0) continue;
      const quantity = to.subtract(from);
      parts.push(tierPart(quantity, tier, words(input, quantity, tier)));
    }
    return parts;
  };
}

function tierPart(quantity: Decimal, tier: CompiledTier, words: string): PricedPart {
  const { unitPrice, per } = tier;
  const amount = amountOf(divideExactly(quantity.multiply(unitPrice), per));
  return { quantity, unitPrice, per, amount, words };
}

function compileTiers(
  tiers: ReadonlyArray<{
    readonly upTo?: string;
    readonly unitAmount: string;
    readonly per: string;
    readonly flatAmount: string;
  }>,
): CompiledTier[] {
  return tiers.map(({ upTo, unitAmount, per, flatAmount }, index) => {
    const above = Decimal.parse(tiers[index - 1]?.upTo ?? "0");
    return {
      above,
      upTo: upTo === undefined ? undefined : Decimal.parse(upTo),
      unitPrice: Decimal.parse(unitAmount),
      per: Decimal.parse(per),
      flatAmount: Decimal.parse(flatAmount),
      range: [
        ...(index === 0 ? [] : [`above ${groupDigits(above)}`]),
        ...(upTo === undefined ? [] : [`up to ${groupDigits(Decimal.parse(upTo))}`]),
      ].join(" "),
    };
  });
}

function within({ range }: CompiledTier): string {
  return range === "" ? "" : ` of the tier ${range}`;
}

function beyondTiers({ usage, meter }: ModelInput, quantity: Decimal): PricingError {
  return new PricingError(
    "PRICE_NOT_APPLICABLE",
    `the tiers of ${usage.priceId} end below ${groupDigits(quantity)} ${meter}`,
    { metadata: { price_id: usage.priceId, meter } },
  );
}
