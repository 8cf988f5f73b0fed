import type { StoredDocument } from "#platform/documents/document.ts";
import type { OverrideRecord } from "../../store/records.ts";
import type { RateOverride } from "./rate-override.ts";
import type { FixedRate } from "./rate-source.ts";

/** A version of a pair's manual rate. */
export type OverrideVersion = Pick<StoredDocument<OverrideRecord>, "version" | "value">;

/**
 * The rates that follow from all versions of a pair's manual rate. Each version takes the place of those
 * before from its own beginning on; until then they hold, so that a rate can be set ahead of time.
 *
 * @param versions oldest first.
 */
export function overrideRates(versions: readonly OverrideVersion[]): readonly FixedRate[] {
  let rates: FixedRate[] = [];
  for (const version of versions) {
    const beginsMs = version.value.effectiveFromMs;
    rates = rates
      .filter(({ publishedAtMs }) => publishedAtMs < beginsMs)
      .map((rate) => ({ ...rate, untilMs: Math.min(rate.untilMs ?? beginsMs, beginsMs) }));
    if (!version.value.cleared) rates.push(rateOf(version));
  }
  return rates;
}

/** The manual rate that stands at a time: it holds, or is to begin; undefined if there is none. */
export function standingOverride(
  latest: OverrideVersion | undefined,
  nowMs: number,
): RateOverride | undefined {
  if (latest === undefined || latest.value.cleared) return undefined;
  const { endsAtMs } = latest.value;
  return endsAtMs !== undefined && endsAtMs <= nowMs ? undefined : overrideOf(latest);
}

export function overrideOf({ version, value }: OverrideVersion): RateOverride {
  const { baseCurrency, quoteCurrency, rate, effectiveFromMs, endsAtMs, createdAtMs } = value;
  return {
    baseCurrency,
    quoteCurrency,
    rate,
    effectiveFromMs,
    endsAtMs,
    configVersion: version,
    comment: value.comment,
    createdBy: value.changedBy,
    createdAtMs,
  };
}

function rateOf(version: OverrideVersion): FixedRate {
  const override = overrideOf(version);
  return {
    baseCurrency: override.baseCurrency,
    quoteCurrency: override.quoteCurrency,
    digits: override.rate,
    publishedAtMs: override.effectiveFromMs,
    fetchedAtMs: override.createdAtMs,
    bundled: false,
    untilMs: override.endsAtMs,
    override,
  };
}
