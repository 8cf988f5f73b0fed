import { Decimal } from "#money/decimal.ts";
import { Ratio } from "#money/ratio.ts";
import type { RateOverride } from "./rate-override.ts";

/** One published rate on the way from one currency to another. */
export interface RateStep {
  readonly baseCurrency: string;
  readonly quoteCurrency: string;
  /** Units of the quoted currency for one of the base, in the provider's digits. */
  readonly publishedRate: string;
  /** True if the step goes from the quoted to the base currency and so divides. */
  readonly inverted: boolean;
  readonly providerId: string;
  /** Epoch milliseconds. */
  readonly publishedAtMs: number;
  /** When it became known here, epoch milliseconds. */
  readonly fetchedAtMs: number;
  /** True if the rate came with the software. */
  readonly bundled: boolean;
  /** First moment at which it is too old or ends, epoch milliseconds; undefined if it never is. */
  readonly usableUntilMs: number | undefined;
  /** The manual rate that the step is; undefined for others. */
  readonly override: RateOverride | undefined;
}

/** How a rate came about. */
export type RateKind = "identity" | "direct" | "inverse" | "triangulated";

/** A step as far as it says how much. */
export type ExactStep = Omit<RateStep, "fetchedAtMs" | "usableUntilMs" | "override">;

/** A rate with the steps that make it. */
export interface ExactRate {
  readonly fromCurrency: string;
  readonly toCurrency: string;
  /** Empty when both currencies are the same. */
  readonly steps: readonly ExactStep[];
  /** Units of `toCurrency` for one of `fromCurrency`, exact. */
  readonly factor: Ratio;
  /** The same, rounded half even to at most 18 fraction digits; for display only. */
  readonly displayRate: string;
  /** When the oldest step was published, epoch milliseconds; undefined without steps. */
  readonly publishedAtMs: number | undefined;
  /** Provider of the oldest step; "identity" without steps. */
  readonly providerId: string;
  /** True if a step came with the software. */
  readonly bundled: boolean;
}

/** A rate that may be used at a time, with how it came about. */
export interface RateInForce extends ExactRate {
  readonly kind: RateKind;
  readonly steps: readonly RateStep[];
  /** Age of the oldest step at the time asked. */
  readonly ageMs: number;
  /** First moment at which a step is too old or ends, epoch milliseconds; undefined if none ever is. */
  readonly usableUntilMs: number | undefined;
  /** The first manual rate among the steps; undefined without one. */
  readonly override: RateOverride | undefined;
}

const displayDigits = 18;

/** The rate that follows from the steps, times a part of it. */
export function exactRate<S extends ExactStep>(
  fromCurrency: string,
  toCurrency: string,
  steps: readonly S[],
  part: Ratio = Ratio.one,
): ExactRate & { readonly steps: readonly S[] } {
  const factor = steps.reduce((product, { publishedRate, inverted }) => {
    const published = Ratio.fromDecimal(Decimal.parse(publishedRate));
    return inverted ? product.divide(published) : product.multiply(published);
  }, part);
  const oldest = oldestStep(steps);
  return {
    fromCurrency,
    toCurrency,
    steps,
    factor,
    displayRate: factor.round(displayDigits, "half-even").toString(),
    publishedAtMs: oldest?.publishedAtMs,
    providerId: oldest?.providerId ?? "identity",
    bundled: steps.some(({ bundled }) => bundled),
  };
}

/** The rate that follows from the steps; no steps mean equal currencies. */
export function rateInForce(
  fromCurrency: string,
  toCurrency: string,
  steps: readonly RateStep[],
  atMs: number,
): RateInForce {
  const rate = exactRate(fromCurrency, toCurrency, steps);
  const ends = steps.flatMap(({ usableUntilMs }) => usableUntilMs ?? []);
  return {
    ...rate,
    kind: kindOf(steps),
    ageMs: rate.publishedAtMs === undefined ? 0 : atMs - rate.publishedAtMs,
    usableUntilMs: ends.length === 0 ? undefined : Math.min(...ends),
    override: steps.find(({ override }) => override !== undefined)?.override,
  };
}

/** The step that was published first; of several the first on the way. */
export function oldestStep<S extends ExactStep>(steps: readonly S[]): S | undefined {
  return steps.reduce<S | undefined>(
    (oldest, step) => (oldest !== undefined && oldest.publishedAtMs <= step.publishedAtMs ? oldest : step),
    undefined,
  );
}

function kindOf(steps: readonly RateStep[]): RateKind {
  const [first] = steps;
  if (first === undefined) return "identity";
  if (steps.length > 1) return "triangulated";
  return first.inverted ? "inverse" : "direct";
}
