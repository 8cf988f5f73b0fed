import type { AlertRuleRecord } from "../../store/alerting/alert-rule-record.ts";
import type { TransitionRecord } from "../../store/alerts/alert-record.ts";
import type { SpendSpikeRule } from "../account-alerts/account-crossing.ts";
import { detectSpike } from "../account-alerts/spend-spike.ts";
import { alertLabels } from "../alert-rules/rule-terms.ts";
import { type AccountState, newAccountState } from "../intake/account-state.ts";
import { figureScale } from "../metrics/figure.ts";
import type { Backtest } from "./backtest.ts";
import type { Observation } from "./evaluate-rule.ts";
import type { ReadSpend } from "./spend-reader.ts";

const minuteMs = 60_000;
/** Minutes of 31 days, the longest test. */
const mostMinutes = 45_000;

/** Which account, and when. */
export interface SpikeTest {
  readonly accountId: string;
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * What a spend-spike rule would have done for an account, minute by minute, by the same detection as in force. What
 * the baseline needs before the start is read too. Where only hours are kept, an hour's spend counts at its start.
 *
 * @throws RANGE_NOT_RETAINED.
 */
export async function backtestSpike(
  readSpend: ReadSpend,
  rule: AlertRuleRecord,
  terms: SpendSpikeRule,
  { accountId, startMs, endMs }: SpikeTest,
): Promise<Backtest> {
  const firstMs = Math.ceil(startMs / minuteMs) * minuteMs;
  const { currencyCode, spends } = await readSpend(
    accountId,
    firstMs - terms.windowMs - terms.baselineMs,
    endMs,
  );
  const count = Math.min(mostMinutes, Math.max(0, Math.floor((endMs - firstMs) / minuteMs) + 1));
  const course = createCourse(accountId, terms, currencyCode);
  let next = 0;
  /** Takes up what was spent before a moment. */
  const spendUntil = (atMs: number) => {
    for (; next < spends.length && spends[next]!.startMs < atMs; next++)
      course.spend(spends[next]!.startMs, spends[next]!.figure);
  };
  spendUntil(firstMs);
  course.forgetTransitions();
  const observations: Observation[][] = [];
  let firingMinutes = 0;
  for (let minute = 0; minute < count; minute++) {
    const atMs = firstMs + minute * minuteMs;
    spendUntil(atMs + minuteMs);
    // An account of which nothing is known yet has no history that could begin.
    if (next > 0) course.spend(atMs, 0n);
    observations.push(next > 0 ? [{ labels: {}, figure: course.windowSum() }] : []);
    if (course.isFiring() && minute < count - 1) firingMinutes += 1;
  }
  const { transitions } = course;
  const labels = alertLabels(rule, { account: accountId });
  const firingMs = firingMinutes * minuteMs;
  return {
    alerts: firingMs === 0 && transitions.length === 0 ? [] : [{ labels, transitions, firingMs }],
    truncated: false,
    firingCount: transitions.filter(({ to }) => to === "firing").length,
    pendingOnlyCount: 0,
    evaluationCount: count,
    noDataCount: observations.filter((seen) => seen.length === 0).length,
    startMs: firstMs,
    stepMs: minuteMs,
    observations,
  };
}

const mostTransitions = 1_000;

/** The account's state to the rule as time goes on; figures stand for atoms. */
function createCourse(accountId: string, rule: SpendSpikeRule, currencyCode: string) {
  let state: AccountState = newAccountState({ currencyCode, ledgerScale: figureScale, thresholds: [] });
  let transitions: TransitionRecord[] = [];
  const spike = () => state.spikes[rule.ruleId];
  return {
    get transitions(): readonly TransitionRecord[] {
      return transitions;
    },
    forgetTransitions() {
      transitions = [];
    },
    isFiring: () => spike()?.firing ?? false,
    windowSum: () => (spike()?.window ?? []).reduce((sum, [, atoms]) => sum + atoms, 0n),
    spend(atMs: number, atoms: bigint) {
      const outcome = detectSpike(state, rule, { accountId, sequence: 0, atMs, atoms });
      state = { ...state, spikes: { [rule.ruleId]: outcome.spike } };
      const { crossing } = outcome;
      if (crossing === undefined || transitions.length === mostTransitions) return;
      const [from, to] =
        crossing.step === "fired" ? (["inactive", "firing"] as const) : (["firing", "resolved"] as const);
      const { value, reason: description } = crossing;
      transitions.push({ atMs, from, to, value, description, actor: "" });
    },
  };
}
