import { durationFromMs, durationMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { MetricFunction, type MetricResult } from "#gen/billing/monitoring/v1/metric_pb.ts";
import type { WatchMetricsResponse } from "#gen/billing/monitoring/v1/metric_rpc_pb.ts";
import { Decimal } from "#money/decimal.ts";
import { asLength, formatAmount, readAmount } from "./amounts.ts";
import type { Board } from "./board.ts";
import { element, showProblem, showState, write } from "./dom.ts";
import { describeFailure } from "./failure.ts";
import { follow } from "./follow.ts";

const minuteMs = 60_000;
const minutes = 60;
const intervalMs = 1_000;
/** Monitoring says something at each interval; a few may be late. */
const quietMs = 15_000;
const queries = [
  { metric: "billing_spent_total", function: MetricFunction.SUM },
  { metric: "billing_charges_total", function: MetricFunction.SUM },
];

/** Spend and charges of each minute, by the minute's start. */
type Minutes = Map<number, Decimal>;

/** Spend by minute over the last hour, live: all of it first, then the minutes that changed. */
export function showSpend({ clients, urls, accountId, signal }: Board): void {
  const figures: readonly [spent: Minutes, charges: Minutes] = [new Map(), new Map()];
  const onEvent = ({ event, asOf }: WatchMetricsResponse) => {
    if (event.case === "snapshot") {
      for (const each of figures) each.clear();
      for (const [index, result] of event.value.results.entries()) take(figures[index], result);
    } else if (event.case === "change") {
      for (const { queryIndex, result } of event.value.results) take(figures[queryIndex], result);
    }
    draw(...figures, asOf === undefined ? Date.now() : timestampMs(asOf));
  };
  const request = {
    accountId,
    queries,
    range: durationFromMs(minutes * minuteMs),
    step: durationFromMs(minuteMs),
    interval: durationFromMs(intervalMs),
  };
  void follow<WatchMetricsResponse>(
    {
      quietMs,
      onEvent,
      open: (streamSignal) =>
        clients.monitoring.watchMetrics(request, { signal: streamSignal, timeoutMs: 0 }),
      onState: (state, error) => {
        showState("spend", state);
        showProblem("spend", error === undefined ? undefined : describeFailure(error, urls.monitoring));
      },
    },
    signal,
  );
}

/** Points replace those of the same time. An account has one currency, and so one series at most. */
function take(into: Minutes | undefined, result: MetricResult | undefined): void {
  if (into === undefined || result?.startTime === undefined || result.step === undefined) return;
  const startMs = timestampMs(result.startTime);
  const stepMs = durationMs(result.step);
  result.series[0]?.values.forEach((value, index) => {
    into.set(startMs + index * stepMs, readAmount(value));
  });
}

function draw(spent: Minutes, charges: Minutes, nowMs: number): void {
  const lastMs = Math.floor(nowMs / minuteMs) * minuteMs;
  const times = Array.from({ length: minutes }, (_, index) => lastMs - (minutes - 1 - index) * minuteMs);
  const valuesOf = (figures: Minutes) => times.map((time) => figures.get(time) ?? Decimal.zero);
  const sum = (values: readonly Decimal[]) => values.reduce((total, each) => total.add(each), Decimal.zero);
  const count = sum(valuesOf(charges)).toString();
  write("hour-spent", formatAmount(sum(valuesOf(spent)).toString()));
  write("hour-charges", `${formatAmount(count, 0)} ${count === "1" ? "charge" : "charges"}`);
  drawBars(valuesOf(spent));
}

/** One bar for each minute; a minute without spend keeps a foot. */
function drawBars(values: readonly Decimal[]): void {
  const lengths = values.map(asLength);
  const longest = Math.max(...lengths);
  const [width, height, foot] = [600 / values.length, 96, 2];
  const bars = lengths.map((length) => (longest === 0 ? foot : Math.max(foot, (length / longest) * height)));
  element<SVGElement>("bars").replaceChildren(
    ...bars.map((barHeight, index) => {
      const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      const place = { x: index * width + 1, y: height - barHeight, width: width - 2, height: barHeight };
      for (const [name, value] of Object.entries(place)) bar.setAttribute(name, String(value));
      if (barHeight > foot) bar.setAttribute("class", "spent");
      return bar;
    }),
  );
}
