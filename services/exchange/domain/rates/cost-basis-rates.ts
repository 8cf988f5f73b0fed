import type { KnownCurrency } from "../currencies/currency-directory.ts";
import type { FixedRate } from "./rate-source.ts";

/** The rates that follow from a unit's cost bases: each holds until the next begins. */
export function costBasisRates({ code, costBases }: KnownCurrency): readonly FixedRate[] {
  return costBases.map(({ referenceCurrency, value, effectiveFromMs }, index) => ({
    baseCurrency: code,
    quoteCurrency: referenceCurrency,
    digits: value,
    publishedAtMs: effectiveFromMs,
    fetchedAtMs: effectiveFromMs,
    bundled: false,
    untilMs: costBases[index + 1]?.effectiveFromMs,
    override: undefined,
  }));
}
