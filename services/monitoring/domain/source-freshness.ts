import type { HealthStatus } from "./component.ts";

/** What a source says of itself. */
export interface SourceFacts {
  readonly kind: "rates" | "prices";
  readonly source: string;
  /** When its data were published or, without such a time, read; undefined if never. */
  readonly publishedAtMs: number | undefined;
  /** Age beyond which it is refused or reported; undefined if it has none. */
  readonly maxAgeMs: number | undefined;
  /** Why the last try failed; empty if it did not. */
  readonly lastError: string;
}

/** A source of prices or rates and whether it is fresh. */
export interface SourceFreshness extends SourceFacts {
  /** `degraded`: near its end, or the last try failed; `not_serving`: too old, or never read. */
  readonly status: HealthStatus;
}

/** From this share of its greatest age on, in percent, a source is near its end. */
const nearEndPercent = 80;

/** Judges a source at a moment. */
export function judgeSource(facts: SourceFacts, nowMs: number): SourceFreshness {
  const { publishedAtMs, maxAgeMs, lastError } = facts;
  if (publishedAtMs === undefined) return { ...facts, status: "not_serving" };
  const usedPercent = maxAgeMs === undefined ? 0 : ((nowMs - publishedAtMs) * 100) / maxAgeMs;
  if (usedPercent > 100) return { ...facts, status: "not_serving" };
  return { ...facts, status: lastError !== "" || usedPercent >= nearEndPercent ? "degraded" : "serving" };
}
