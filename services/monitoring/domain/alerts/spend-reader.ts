import { ledgerCounters } from "../metrics/definitions/ledger-metrics.ts";
import type { Figure } from "../metrics/figure.ts";
import type { MetricQuestion } from "../metrics/metric-question.ts";
import type { MetricsReader } from "../metrics/metrics-reader.ts";
import { oldestPointMs, pointStartMs, resolutions } from "../metrics/resolution.ts";

/** What an account spent in a minute or, where minutes are no longer kept, in an hour. */
export interface RecordedSpend {
  readonly startMs: number;
  readonly figure: Figure;
}

/** An account's spend as it was recorded. */
export interface SpendHistory {
  /** Empty if nothing was recorded. */
  readonly currencyCode: string;
  /** Oldest first, without those of nothing. */
  readonly spends: readonly RecordedSpend[];
}

/** Reads what an account spent from a time on. @throws RANGE_NOT_RETAINED, STORE_UNAVAILABLE. */
export type ReadSpend = (accountId: string, fromMs: number, untilMs: number) => Promise<SpendHistory>;

const [minutes, hours] = resolutions as [(typeof resolutions)[number], (typeof resolutions)[number]];

/** Reads from the recorded metrics: minutes as far back as they are kept, hours before. */
export function createSpendReader(
  reader: Pick<MetricsReader, "plan" | "query">,
  now: () => number,
): ReadSpend {
  return async (accountId, fromMs, untilMs) => {
    const oldestMinuteMs = oldestPointMs(minutes, now());
    // The next whole hour, so that no spend is in both.
    const turnMs = Math.max(fromMs, Math.ceil(oldestMinuteMs / hours.stepMs) * hours.stepMs);
    const read = async (startMs: number, endMs: number, stepMs: number) => {
      const range = { fromMs: pointStartMs(startMs, stepMs), untilMs: ceilTo(endMs, stepMs), stepMs };
      if (range.untilMs <= range.fromMs) return [];
      const question: MetricQuestion = {
        metric: ledgerCounters.spent.name,
        function: "sum",
        matchers: [],
        groupBy: ["currency"],
        quantile: undefined,
        windowMs: stepMs,
        aggregation: undefined,
        maxSeries: undefined,
      };
      const { series } = await reader.query(reader.plan(question, stepMs, accountId), range, accountId);
      return series.map(({ labels, values }) => ({
        currencyCode: labels.currency ?? "",
        spends: values.flatMap((figure, index) =>
          figure === undefined || figure === 0n ? [] : [{ startMs: range.fromMs + index * stepMs, figure }],
        ),
      }));
    };
    const parts = await Promise.all([
      read(fromMs, Math.min(turnMs, untilMs), hours.stepMs),
      read(turnMs, untilMs, minutes.stepMs),
    ]);
    // An account has one currency.
    const all = parts.flat();
    return { currencyCode: all[0]?.currencyCode ?? "", spends: all.flatMap(({ spends }) => spends) };
  };
}

function ceilTo(atMs: number, stepMs: number): number {
  return Math.ceil(atMs / stepMs) * stepMs;
}
