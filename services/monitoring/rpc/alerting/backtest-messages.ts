import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { TestAlertRuleResponseSchema } from "#gen/billing/monitoring/v1/alert_rule_rpc_pb.ts";
import type { Backtest } from "../../domain/alerts/backtest.ts";
import { formatLabels } from "../../domain/label-set.ts";
import { formatFigure } from "../../domain/metrics/figure.ts";
import type { MetricQueryRecord } from "../../store/alerting/alert-rule-record.ts";
import { transitionMessage } from "./alert-messages.ts";
import { metricQueryMessage } from "./metric-query-messages.ts";

/** What a rule would have done, as the contract has it; the query says what its figure is. */
export function backtestMessage(
  query: MetricQueryRecord,
  test: Backtest,
): MessageInitShape<typeof TestAlertRuleResponseSchema> {
  return {
    alerts: test.alerts.map(({ labels, transitions, firingMs }) => ({
      labels: { ...labels },
      transitions: transitions.map(transitionMessage),
      firingDuration: durationFromMs(firingMs),
    })),
    firingCount: test.firingCount,
    pendingOnlyCount: test.pendingOnlyCount,
    evaluationCount: test.evaluationCount,
    noDataCount: test.noDataCount,
    step: durationFromMs(test.stepMs),
    figure: {
      query: metricQueryMessage(query),
      startTime: timestampFromMs(test.startMs),
      step: durationFromMs(test.stepMs),
      series: figureSeries(test),
    },
    truncated: test.truncated,
  };
}

/** The figure of each group at each evaluation, as it was compared with the threshold. */
function figureSeries({ observations }: Backtest) {
  const series = new Map<string, { labels: Record<string, string>; values: string[] }>();
  for (const [index, seen] of observations.entries()) {
    for (const { labels, figure } of seen) {
      const key = formatLabels(labels);
      const values = () => Array.from({ length: observations.length }, () => "");
      const own = series.get(key) ?? { labels: { ...labels }, values: values() };
      series.set(key, own);
      own.values[index] = formatFigure(figure);
    }
  }
  return [...series.values()];
}
