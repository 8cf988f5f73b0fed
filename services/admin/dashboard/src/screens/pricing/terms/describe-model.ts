import { durationMs } from "@bufbuild/protobuf/wkt";
import {
  type DurationRate,
  FlatOccurrence,
  type PercentageTier,
  type Tier,
} from "#gen/billing/pricing/v1/price_model_pb.ts";
import type { PriceVariant } from "#gen/billing/pricing/v1/price_terms_pb.ts";
import { formatAmount, formatNumber, readDecimal } from "../../../data/exact.ts";
import { durationText } from "../../../design/time.tsx";
import { describeWindow } from "./describe-conditions.ts";
import { isOther } from "./is-other.ts";

type Model = PriceVariant["model"];
type ModelOf<Case extends Model["case"]> = Extract<Model, { case: Case }>["value"];

/** How a quantity becomes an amount, in lines of words; the amounts are in one currency. */
export function describeModel(model: Model, currency: string): string[] {
  const money = (amount: string) => `${formatAmount(amount, currency)} ${currency}`;
  switch (model.case) {
    case "flat": {
      const isOnce = model.value.occurrence === FlatOccurrence.PER_PERIOD;
      return [`${money(model.value.amount)} ${isOnce ? "once a period" : "per usage"}`];
    }
    case "perUnit":
      return [describeUnitPrice(model.value.unitAmount, model.value.per, currency)];
    case "graduated":
      return ["Each unit by its own tier:", ...tierLines(model.value.tiers, currency)];
    case "volume":
      return ["Every unit by the tier of the whole:", ...tierLines(model.value.tiers, currency)];
    case "packages":
      return [`${money(model.value.packageAmount)} per package of ${formatNumber(model.value.packageSize)}`];
    case "percentage":
      return percentageLines(model.value, money);
    case "graduatedPercentage":
      return ["Each part of the amount by its own tier:", ...percentageTierLines(model.value.tiers, money)];
    case "costPlus": {
      const { multiplier, fixedAmount } = model.value;
      return [
        [
          "Cost",
          isOther(multiplier, "1") && `× ${multiplier}`,
          isCharged(fixedAmount) && `+ ${money(fixedAmount)}`,
        ]
          .filter(Boolean)
          .join(" "),
      ];
    }
    case "duration":
      return model.value.rates.flatMap((rate) => durationLines(rate, money));
    default:
      return [];
  }
}

function isCharged(amount: string): boolean {
  return isOther(amount, "0");
}

const million = readDecimal("1000000");
const thousandth = readDecimal("0.001");

/** "2.50 USD per 1,000,000". What is less than a thousandth for one unit is told for a million of them. */
export function describeUnitPrice(amount: string, per: string, currency: string): string {
  const isTiny = (per === "" || per === "1") && readDecimal(amount).compare(thousandth) < 0;
  const shown = isTiny ? readDecimal(amount).multiply(million).toString() : amount;
  const units = isTiny ? "1000000" : per || "1";
  return `${formatAmount(shown, currency)} ${currency} ${units === "1" ? "each" : `per ${formatNumber(units)}`}`;
}

function tierLines(tiers: readonly Tier[], currency: string): string[] {
  return tiers.map(({ upTo, unitAmount, per, flatAmount }, index) => {
    const parts = [
      isCharged(unitAmount) && describeUnitPrice(unitAmount, per, currency),
      isCharged(flatAmount) && `${formatAmount(flatAmount, currency)} ${currency} once`,
    ].filter(Boolean);
    return `${rangeText(tiers[index - 1]?.upTo, upTo)}: ${parts.join(" + ") || "free"}`;
  });
}

function percentageTierLines(tiers: readonly PercentageTier[], money: (amount: string) => string): string[] {
  return tiers.map(({ upTo, ratePercent, flatAmount }, index) => {
    const fixed = isCharged(flatAmount) ? ` + ${money(flatAmount)} once` : "";
    return `${rangeText(tiers[index - 1]?.upTo, upTo)}: ${ratePercent} %${fixed}`;
  });
}

function rangeText(above: string | undefined, upTo: string): string {
  if (!above) return upTo === "" ? "any quantity" : `up to ${formatNumber(upTo)}`;
  return upTo === "" ? `above ${formatNumber(above)}` : `${formatNumber(above)} to ${formatNumber(upTo)}`;
}

function percentageLines(model: ModelOf<"percentage">, money: (amount: string) => string): string[] {
  const { ratePercent, fixedAmount, freeEvents, freeAmount, minimumPerEvent, maximumPerEvent } = model;
  return [
    `${ratePercent} % of the amount${isCharged(fixedAmount) ? ` + ${money(fixedAmount)} per event` : ""}`,
    freeEvents > 0 ? `the first ${formatNumber(freeEvents)} events are free` : "",
    isCharged(freeAmount) ? `the first ${money(freeAmount)} are free` : "",
    isCharged(minimumPerEvent) ? `at least ${money(minimumPerEvent)} per event` : "",
    maximumPerEvent ? `at most ${money(maximumPerEvent)} per event` : "",
  ].filter(Boolean);
}

function durationLines(rate: DurationRate, money: (amount: string) => string): string[] {
  const window = rate.window ? `${describeWindow(rate.window)}: ` : "";
  const connect = isCharged(rate.connectFee) ? [`${window}${money(rate.connectFee)} to begin`] : [];
  const steps = rate.steps.map(({ from, increment, amount, per }) => {
    const since = from && durationMs(from) > 0 ? `from ${durationText(durationMs(from))} on ` : "";
    const length = durationText(per ? durationMs(per) : 1_000);
    const counted = increment ? `, counted by ${durationText(durationMs(increment))}` : "";
    return `${window}${since}${money(amount)} per ${length}${counted}`;
  });
  return [...connect, ...steps];
}
