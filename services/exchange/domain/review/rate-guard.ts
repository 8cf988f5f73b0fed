import { Decimal, maxDecimal } from "#money/decimal.ts";
import { Ratio } from "#money/ratio.ts";
import type { HoldReason, StepRecord } from "../../store/records.ts";
import type { KnownCurrency } from "../currencies/currency-directory.ts";
import { changePercent, exceeds, largestChange } from "../rates/rate-change.ts";

/** A rate that another one is compared with. */
export interface ComparedRate {
  readonly factor: Ratio;
  /** As it is shown to people. */
  readonly step: StepRecord;
}

/** What a published rate is judged by. */
export interface Evidence {
  /** The last good rate; undefined if there never was one. */
  readonly lastGood: ComparedRate | undefined;
  /** What other providers published for the same day. */
  readonly others: readonly ComparedRate[];
  /** Both currencies: their guards. */
  readonly pair: readonly [KnownCurrency, KnownCurrency];
}

/** What a guard says. */
export interface Verdict {
  /** Undefined lets the rate pass. */
  readonly reason: HoldReason | undefined;
  /** In percent of the last good rate; empty without one. */
  readonly changePercent: string;
}

/**
 * Judges a published rate: by the last good one, also on a day on which few others published, and by the
 * median of the providers where enough did.
 */
export function judgeRate(digits: string, { lastGood, others, pair }: Evidence): Verdict {
  const rate = Decimal.parse(digits);
  const change = lastGood && changePercent(rate, lastGood.factor);
  const verdict = (reason: HoldReason | undefined) => ({ reason, changePercent: change?.toString() ?? "" });
  const allowed = largestChange(pair);
  if (lastGood !== undefined && change !== undefined && exceeds(change, allowed)) {
    const fromInverse = changePercent(rate, lastGood.factor.invert());
    return verdict(exceeds(fromInverse, allowed) ? "jump" : "inverted");
  }
  return verdict(disagrees(rate, others, pair) ? "consensus" : undefined);
}

/** Whether a rate differs too much from the median of all, its own included, where enough published. */
function disagrees(
  rate: Decimal,
  others: readonly ComparedRate[],
  pair: readonly [KnownCurrency, KnownCurrency],
): boolean {
  const [base, quote] = pair.map(({ guard }) => guard) as [KnownCurrency["guard"], KnownCurrency["guard"]];
  if (others.length + 1 < quote.consensusProviders) return false;
  const all = [Ratio.fromDecimal(rate), ...others.map(({ factor }) => factor)];
  const allowed = maxDecimal(Decimal.parse(base.consensusPercent), Decimal.parse(quote.consensusPercent));
  return exceeds(changePercent(rate, medianOf(all)), allowed);
}

function medianOf(ratios: readonly Ratio[]): Ratio {
  const sorted = ratios.toSorted((left, right) => left.compare(right));
  const upper = sorted[sorted.length >> 1]!;
  if (sorted.length % 2 === 1) return upper;
  const lower = sorted[(sorted.length >> 1) - 1]!;
  const sum = lower.numerator * upper.denominator + upper.numerator * lower.denominator;
  return Ratio.of(sum, 2n * lower.denominator * upper.denominator);
}
