import type { AlertRecord, TransitionRecord } from "../../store/alerts/alert-record.ts";
import { termsOf } from "../alert-rules/rule-terms.ts";
import type { Labels } from "../label-matcher.ts";
import { MonitoringError } from "../monitoring-error.ts";
import { isActive } from "./alert-state.ts";
import { evaluateRule, type MetricRule, type Observation } from "./evaluate-rule.ts";
import type { FigureReader } from "./figure-reader.ts";

/** What would have become of the alerts of one set of labels. */
export interface BacktestAlert {
  readonly labels: Labels;
  readonly transitions: readonly TransitionRecord[];
  readonly firingMs: number;
}

/** What a rule would have done. */
export interface Backtest {
  /** Those that would have fired for longest first. */
  readonly alerts: readonly BacktestAlert[];
  readonly truncated: boolean;
  readonly firingCount: number;
  readonly pendingOnlyCount: number;
  readonly evaluationCount: number;
  readonly noDataCount: number;
  readonly startMs: number;
  readonly stepMs: number;
  /** What each evaluation saw. */
  readonly observations: ReadonlyArray<readonly Observation[]>;
}

const minuteMs = 60_000;
const mostEvaluations = 50_000;
const alertsShown = 100;
const transitionsShown = 1_000;
/** A rule looks at minutes as long as they are kept, then at hours. */
const minutesKeptMs = 2 * 24 * 60 * minuteMs;

/** Evaluates a rule on recorded data as if it had been in force. @throws QUERY_TOO_LARGE, RANGE_NOT_RETAINED. */
export async function backtest(
  figures: Pick<FigureReader, "observe">,
  rule: MetricRule,
  { startMs, endMs, nowMs }: { readonly startMs: number; readonly endMs: number; readonly nowMs: number },
): Promise<Backtest> {
  const { evaluationIntervalMs } = termsOf(rule);
  const dataStepMs = startMs > nowMs - minutesKeptMs ? minuteMs : 60 * minuteMs;
  const stepMs = Math.ceil(Math.max(evaluationIntervalMs, dataStepMs) / minuteMs) * minuteMs;
  const firstMs = Math.ceil(startMs / stepMs) * stepMs;
  const count = Math.max(0, Math.floor((endMs - firstMs) / stepMs) + 1);
  if (count > mostEvaluations) {
    throw new MonitoringError("QUERY_TOO_LARGE", "the test would have too many evaluations", {
      metadata: { points: String(count), max_points: String(mostEvaluations) },
    });
  }
  const times = Array.from({ length: count }, (_, index) => firstMs + index * stepMs);
  const observations = times.length === 0 ? [] : await figures.observe(rule.condition, times);
  const played = play(rule, times, observations);
  const alerts = [...played.values()].sort((left, right) => right.firingMs - left.firingMs);
  const firings = alerts.map(({ transitions }) => transitions.filter(isFiringStep).length);
  return {
    alerts: alerts.slice(0, alertsShown),
    truncated: alerts.length > alertsShown,
    firingCount: firings.reduce((sum, each) => sum + each, 0),
    pendingOnlyCount: firings.filter((each) => each === 0).length,
    evaluationCount: count,
    noDataCount: observations.filter((seen) => seen.length === 0).length,
    startMs: firstMs,
    stepMs,
    observations,
  };
}

function isFiringStep({ from, to }: TransitionRecord): boolean {
  return to === "firing" && from !== "firing";
}

type Course = { labels: Labels; transitions: TransitionRecord[]; firingMs: number };

function play(
  rule: MetricRule,
  times: readonly number[],
  observations: ReadonlyArray<readonly Observation[]>,
): Map<string, Course> {
  const courses = new Map<string, Course>();
  let present: AlertRecord[] = [];
  for (const [index, nowMs] of times.entries()) {
    const seen = observations[index] ?? [];
    const changes = evaluateRule({ ruleId: "test", rule, observations: seen, present, nowMs });
    const changed = new Map(changes.map(({ record }) => [record.alertId, record]));
    for (const { record, transition } of changes) {
      const course = courses.get(record.fingerprint) ?? {
        labels: record.labels,
        transitions: [],
        firingMs: 0,
      };
      courses.set(record.fingerprint, course);
      if (transition !== undefined && course.transitions.length < transitionsShown)
        course.transitions.push(transition);
      if (record.state === "resolved") course.firingMs += nowMs - (record.firedAtMs ?? nowMs);
    }
    const kept = present.map((alert) => changed.get(alert.alertId) ?? alert);
    const begun = [...changed.values()].filter(({ alertId }) =>
      kept.every((each) => each.alertId !== alertId),
    );
    present = [...kept, ...begun].filter(isActive);
  }
  const endMs = times.at(-1) ?? 0;
  for (const { fingerprint, state, firedAtMs } of present)
    if (state === "firing") courses.get(fingerprint)!.firingMs += endMs - (firedAtMs ?? endMs);
  return courses;
}
