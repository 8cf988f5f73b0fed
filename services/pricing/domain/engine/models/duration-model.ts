import { Decimal, minDecimal } from "#money/decimal.ts";
import type { DurationModel } from "../../price-terms.ts";
import { PricingError } from "../../pricing-error.ts";
import { usageInvalid } from "../complete-usage.ts";
import { amountOf, atLeastZero } from "../exact-amount.ts";
import { divideExactly } from "../exact-division.ts";
import { compileWindow, type LocalWindow } from "../time-window.ts";
import type { Usage } from "../usage.ts";
import { groupDigits } from "../wording.ts";
import { fixedPart, type ModelInput, type PricedPart, type PriceModelRule } from "./price-model.ts";

/** A rate, its decimals read and its window ready. */
interface CompiledRate {
  readonly window: LocalWindow | undefined;
  readonly connectFee: Decimal;
  readonly steps: readonly CompiledStep[];
}

interface CompiledStep {
  readonly fromMs: number;
  readonly incrementMs: number;
  readonly amount: Decimal;
  readonly perMs: number;
}

/** A stretch of time that is billed: whole milliseconds after `startMs`. */
interface Span {
  readonly startMs: number;
  /** Elapsed time at which billing begins: what lies before is free. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** Increments counted so far, by step. */
type Increments = Map<CompiledStep, number>;

/** Longest time that is billed at once; ten years. */
const longestMs = 3_660 * 86_400_000;
const thousand = Decimal.parse("1000");

/** By elapsed time, in increments that are billed whole when they begin. */
export const durationModel: PriceModelRule<DurationModel> = {
  compile(model) {
    const rates = model.rates.map(
      ({ window, connectFee, steps }): CompiledRate => ({
        window: window === undefined ? undefined : compileWindow(window),
        connectFee: Decimal.parse(connectFee),
        steps: steps.map((step) => ({ ...step, amount: Decimal.parse(step.amount) })),
      }),
    );
    return (input) => {
      const increments: Increments = new Map();
      const fees: PricedPart[] = [];
      for (const span of spansOf(input)) {
        const first = rateAt(rates, span.startMs, input.usage);
        if (!first.connectFee.isZero()) fees.push(fixedPart(first.connectFee, "connect fee"));
        countIncrements(rates, span, input.usage, increments);
      }
      return [...fees, ...[...increments].map(([step, count]) => stepPart(step, count, input.currencyCode))];
    };
  },
  isSumOfPeriod: () => false,
};

/** The whole time, or each event's own. Free units come off the beginning. */
function spansOf({ usage, meter, before, upTo, freeNow }: ModelInput): Span[] {
  const events = usage.events.filter(({ quantities }) => quantities.has(meter));
  if (events.length === 0) {
    const seconds = upTo.subtract(before ?? Decimal.zero).add(freeNow);
    return [spanOf(usage, usage.atMs, seconds, freeNow)];
  }
  let freeLeft = freeNow;
  return events.map((event) => {
    const seconds = event.quantities.get(meter) ?? Decimal.zero;
    const free = minDecimal(seconds, freeLeft);
    freeLeft = atLeastZero(freeLeft.subtract(free));
    return spanOf(usage, event.atMs ?? usage.atMs, seconds, free);
  });
}

function spanOf({ priceId }: Usage, startMs: number, seconds: Decimal, free: Decimal): Span {
  const durationMs = seconds.multiply(thousand);
  if (durationMs.compare(Decimal.ofUnits(BigInt(longestMs), 0)) > 0) {
    throw usageInvalid(priceId, `a duration of ${seconds.toString()} s is longer than is billed at once`);
  }
  // An increment begins at a whole millisecond, so the part of one that is left counts as one.
  const fromMs = Number(free.multiply(thousand).toUnits(0, "down"));
  const billedMs = Number(durationMs.subtract(free.multiply(thousand)).toUnits(0, "up"));
  return { startMs, fromMs, toMs: fromMs + billedMs };
}

/** Counts stretch by stretch: within one neither the rate nor the step changes. */
function countIncrements(rates: readonly CompiledRate[], span: Span, usage: Usage, counts: Increments): void {
  let elapsedMs = span.fromMs;
  while (elapsedMs < span.toMs) {
    const nowMs = span.startMs + elapsedMs;
    const { steps } = rateAt(rates, nowMs, usage);
    const step = steps.findLast(({ fromMs }) => fromMs <= elapsedMs);
    if (step === undefined) throw noRate(usage, nowMs);
    const nextStepMs = steps.find(({ fromMs }) => fromMs > elapsedMs)?.fromMs ?? Number.POSITIVE_INFINITY;
    const nextRateMs = Math.min(
      ...rates.map(({ window }) => window?.nextChangeMs(nowMs) ?? Number.POSITIVE_INFINITY),
    );
    const endMs = Math.min(span.toMs, nextStepMs, nextRateMs - span.startMs);
    const count = Math.ceil((endMs - elapsedMs) / step.incrementMs);
    counts.set(step, (counts.get(step) ?? 0) + count);
    elapsedMs += count * step.incrementMs;
  }
}

function rateAt(rates: readonly CompiledRate[], instantMs: number, usage: Usage): CompiledRate {
  const rate = rates.find(({ window }) => window === undefined || window.holdsAt(instantMs));
  if (rate === undefined) throw noRate(usage, instantMs);
  return rate;
}

function noRate({ priceId }: Usage, instantMs: number): PricingError {
  return new PricingError(
    "PRICE_NOT_APPLICABLE",
    `the price ${priceId} has no rate for ${new Date(instantMs).toISOString()}`,
    { metadata: { price_id: priceId } },
  );
}

function stepPart(step: CompiledStep, count: number, currencyCode: string): PricedPart {
  const quantity = secondsOf(BigInt(count) * BigInt(step.incrementMs));
  const per = secondsOf(BigInt(step.perMs));
  const increment = `${count} × ${groupDigits(secondsOf(BigInt(step.incrementMs)))} s`;
  return {
    quantity,
    unitPrice: step.amount,
    per,
    amount: amountOf(divideExactly(quantity.multiply(step.amount), per)),
    words: `${groupDigits(quantity)} s (${increment}) × ${groupDigits(step.amount)} ${currencyCode} per ${groupDigits(per)} s`,
  };
}

function secondsOf(ms: bigint): Decimal {
  return Decimal.parse(Decimal.ofUnits(ms, 3).toString());
}
