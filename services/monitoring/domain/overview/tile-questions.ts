import type { LabelMatcher } from "../label-matcher.ts";
import { alertLevel, expiringHolds } from "../metrics/definitions/found-levels.ts";
import { ledgerCounters as counters, ledgerLevels as levels } from "../metrics/definitions/ledger-metrics.ts";
import type { MetricFunction, MetricQuestion } from "../metrics/metric-question.ts";

/** A figure of the first page. */
export interface TileQuestion {
  readonly name: string;
  readonly unit: "count" | "seconds" | "currency";
  readonly question: MetricQuestion;
}

function ask(
  metric: string,
  wanted: MetricFunction,
  matchers: readonly LabelMatcher[] = [],
  groupBy: readonly string[] = [],
): MetricQuestion {
  return {
    metric,
    function: wanted,
    matchers,
    groupBy,
    quantile: wanted === "quantile" ? 0.99 : undefined,
    windowMs: undefined,
    aggregation: undefined,
    maxSeries: undefined,
  };
}

/** Calls that take money, and why they are declined: what a customer notices. */
const debits = {
  label: "method",
  operator: "matches",
  value: "(.*[/.])?(Charge|Reserve|ExtendReservation|Commit)",
} as const;
const declined = {
  label: "reason",
  operator: "matches",
  value: "INSUFFICIENT_FUNDS|ACCOUNT_FROZEN|ACCOUNT_CLOSED|AMOUNT_EXCEEDS_RESERVATION|RESERVATION_EXPIRED",
} as const;
const ofCore = { label: "service", operator: "equal", value: "core" } as const;

export const declinesQuestion: MetricQuestion = ask(
  "billing_rpc_requests_total",
  "sum",
  [ofCore, debits, declined],
  ["reason"],
);
export const chargesQuestion: MetricQuestion = ask(counters.charges.name, "sum");

const money = (name: string, metric: string): TileQuestion => ({
  name,
  unit: "currency",
  question: ask(metric, "sum", [], ["currency"]),
});
const count = (name: string, question: MetricQuestion): TileQuestion => ({ name, unit: "count", question });

/** In the order in which they are shown. */
export const tileQuestions: readonly TileQuestion[] = [
  count("charges", chargesQuestion),
  count("declines", { ...declinesQuestion, groupBy: [] }),
  count(
    "reservations",
    ask(counters.holds.name, "sum", [{ label: "event", operator: "equal", value: "opened" }]),
  ),
  count("open_holds", ask(levels.openHolds.name, "last")),
  count("expiring_holds", ask(expiringHolds.name, "last")),
  money("credited", counters.credited.name),
  money("spent", counters.spent.name),
  money("refunded", counters.refunded.name),
  count("top_ups", ask(counters.topUps.name, "sum")),
  {
    name: "charge_latency_p99",
    unit: "seconds",
    question: ask("billing_rpc_duration_seconds", "quantile", [
      ofCore,
      { ...debits, value: "(.*[/.])?Charge" },
    ]),
  },
  count(
    "firing_alerts",
    ask(alertLevel.name, "last", [{ label: "state", operator: "equal", value: "firing" }]),
  ),
];
