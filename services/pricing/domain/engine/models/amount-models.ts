import { Decimal, maxDecimal, minDecimal } from "#money/decimal.ts";
import type { CostPlusModel, PercentageModel } from "../../price-terms.ts";
import { usageInvalid } from "../complete-usage.ts";
import { amountOf, atLeastZero, percentOf } from "../exact-amount.ts";
import { groupDigits } from "../wording.ts";
import {
  billedNow,
  fixedPart,
  type ModelInput,
  type PricedPart,
  type PriceModelRule,
  timesPrice,
} from "./price-model.ts";

const hundred = Decimal.parse("100");

/** A cost passed on; the fixed amount is due once, for the first cost. */
export const costPlusModel: PriceModelRule<CostPlusModel> = {
  compile(model) {
    const multiplier = Decimal.parse(model.multiplier);
    const fixed = Decimal.parse(model.fixedAmount);
    return (input) => {
      const cost = billedNow(input);
      const { currencyCode } = input;
      const parts: PricedPart[] = [
        {
          quantity: cost,
          unitPrice: multiplier,
          per: Decimal.one,
          amount: amountOf(cost.multiply(multiplier)),
          words: `cost of ${groupDigits(cost)} ${currencyCode} × ${groupDigits(multiplier)}`,
        },
      ];
      const isFirst = input.before === undefined || input.before.isZero();
      if (!fixed.isZero() && isFirst && !input.upTo.isZero()) {
        parts.push(fixedPart(fixed, "fixed amount on the cost"));
      }
      return parts;
    };
  },
  isSumOfPeriod: () => true,
};

/** A percentage model, its decimals read. */
interface CompiledPercentage {
  readonly rate: Decimal;
  readonly fixed: Decimal;
  readonly freeEvents: Decimal;
  /** Undefined means none. */
  readonly freeAmount: Decimal | undefined;
  readonly minimum: Decimal | undefined;
  readonly maximum: Decimal | undefined;
  readonly eventMeter: string;
}

/** What single events come to. */
interface Tally {
  /** Sum that the percentage applies to. */
  base: Decimal;
  /** Events that owe the fixed amount. */
  payingEvents: Decimal;
  raised: { events: number; amount: Decimal };
  cut: { events: number; amount: Decimal };
}

/** A part of an amount, plus a fixed amount per event, with allowances and bounds per event. */
export const percentageModel: PriceModelRule<PercentageModel> = {
  compile(model) {
    const compiled = compilePercentage(model);
    return (input) => {
      const present = billedNow(input);
      if (present.isZero()) return [];
      const amounts = singleAmounts(compiled, input, present);
      const tally =
        amounts === undefined ? tallySums(compiled, input) : tallyEvents(compiled, input, amounts);
      return partsOf(compiled, input.currencyCode, tally);
    };
  },
  isSumOfPeriod: ({ freeEvents, minimumPerEvent, maximumPerEvent }) =>
    freeEvents === 0 && minimumPerEvent === undefined && maximumPerEvent === undefined,
};

function compilePercentage(model: PercentageModel): CompiledPercentage {
  const optional = (text: string | undefined) => (text === undefined ? undefined : Decimal.parse(text));
  const freeAmount = Decimal.parse(model.freeAmount);
  return {
    rate: Decimal.parse(model.ratePercent),
    fixed: Decimal.parse(model.fixedAmount),
    freeEvents: Decimal.ofUnits(BigInt(model.freeEvents), 0),
    freeAmount: freeAmount.isZero() ? undefined : freeAmount,
    minimum: optional(model.minimumPerEvent),
    maximum: optional(model.maximumPerEvent),
    eventMeter: model.eventMeter,
  };
}

/** The amounts event by event; undefined where only their sum and number are known, and suffice. */
function singleAmounts(
  { freeEvents, minimum, maximum, eventMeter }: CompiledPercentage,
  input: ModelInput,
  present: Decimal,
): readonly Decimal[] | undefined {
  const { usage, wholePeriod } = input;
  if (wholePeriod) return undefined;
  if (usage.events.length > 0) return usage.events.map(({ amount }) => amount);
  const count = usage.quantities.get(eventMeter) ?? Decimal.one;
  if (count.equals(Decimal.one)) return [present];
  const allowanceLeft = freeEvents.compare(priorEvents(input, eventMeter)) > 0;
  if (minimum === undefined && maximum === undefined && !allowanceLeft) return undefined;
  throw usageInvalid(
    usage.priceId,
    `events: the allowance and the bounds of ${usage.priceId} need the single events, not only their sum`,
    { meter: input.meter },
  );
}

function priorEvents({ usage }: ModelInput, eventMeter: string): Decimal {
  return usage.priorQuantities.get(eventMeter) ?? Decimal.zero;
}

/** Sums alone: every event pays, and the free amount comes off the sum. */
function tallySums({ freeAmount, eventMeter }: CompiledPercentage, input: ModelInput): Tally {
  const { usage, before = Decimal.zero, upTo, wholePeriod } = input;
  const beyond = (amount: Decimal) =>
    freeAmount === undefined ? amount : atLeastZero(amount.subtract(freeAmount));
  const listed = usage.events.length > 0 ? Decimal.ofUnits(BigInt(usage.events.length), 0) : undefined;
  const count = listed ?? usage.quantities.get(eventMeter) ?? Decimal.one;
  return {
    ...emptyTally(),
    base: beyond(upTo).subtract(beyond(before)),
    payingEvents: wholePeriod ? count.add(priorEvents(input, eventMeter)) : count,
  };
}

function tallyEvents(
  { rate, fixed, freeEvents, freeAmount, minimum, maximum, eventMeter }: CompiledPercentage,
  input: ModelInput,
  amounts: readonly Decimal[],
): Tally {
  const tally = emptyTally();
  let number = priorEvents(input, eventMeter);
  let running = input.before ?? Decimal.zero;
  for (const amount of amounts) {
    number = number.add(Decimal.one);
    running = running.add(amount);
    const isFree =
      number.compare(freeEvents) <= 0 && (freeAmount === undefined || running.compare(freeAmount) < 0);
    const left =
      freeAmount === undefined
        ? isFree
          ? Decimal.zero
          : amount
        : minDecimal(amount, atLeastZero(running.subtract(freeAmount)));
    tally.base = tally.base.add(left);
    if (!isFree) tally.payingEvents = tally.payingEvents.add(Decimal.one);
    if (isFree) continue;
    const due = percentOf(left, rate).add(fixed);
    // An event of which the free amount leaves nothing owes no minimum.
    const raised = minimum === undefined || left.isZero() ? due : maxDecimal(due, minimum);
    const bounded = maximum === undefined ? raised : minDecimal(raised, maximum);
    note(bounded.compare(due) > 0 ? tally.raised : tally.cut, bounded.subtract(due));
  }
  return tally;
}

function emptyTally(): Tally {
  return {
    base: Decimal.zero,
    payingEvents: Decimal.zero,
    raised: { events: 0, amount: Decimal.zero },
    cut: { events: 0, amount: Decimal.zero },
  };
}

function note(bound: { events: number; amount: Decimal }, difference: Decimal): void {
  if (difference.isZero()) return;
  bound.events += 1;
  bound.amount = bound.amount.add(difference);
}

function partsOf(compiled: CompiledPercentage, currencyCode: string, tally: Tally): PricedPart[] {
  const { rate, fixed, minimum, maximum } = compiled;
  const parts: PricedPart[] = [
    {
      quantity: tally.base,
      unitPrice: rate,
      per: hundred,
      amount: percentOf(tally.base, rate),
      words: `${groupDigits(tally.base)} ${currencyCode} × ${groupDigits(rate)} %`,
    },
  ];
  if (!fixed.isZero()) {
    const quantity = tally.payingEvents;
    const words = `${groupDigits(quantity)} events ${timesPrice(fixed, Decimal.one, currencyCode)}`;
    parts.push({
      quantity,
      unitPrice: fixed,
      per: Decimal.one,
      amount: amountOf(quantity.multiply(fixed)),
      words,
    });
  }
  const bound = (what: string, limit: Decimal | undefined, { events, amount }: Tally["raised"]) => {
    if (limit === undefined || events === 0) return;
    const words = `${what} of ${groupDigits(limit)} ${currencyCode} for ${events} events`;
    parts.push({ quantity: Decimal.one, unitPrice: undefined, per: Decimal.one, amount, words });
  };
  bound("raised to the minimum", minimum, tally.raised);
  bound("cut to the maximum", maximum, tally.cut);
  return parts;
}
