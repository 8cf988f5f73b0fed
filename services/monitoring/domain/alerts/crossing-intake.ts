import type { AlertRuleRecord } from "../../store/alerting/alert-rule-record.ts";
import type { AlertRecord } from "../../store/alerts/alert-record.ts";
import type { AccountCrossing } from "../account-alerts/account-crossing.ts";
import type { AlertRules } from "../alert-rules/alert-rules.ts";
import { termsOf } from "../alert-rules/rule-terms.ts";
import { type AlertChange, recordAlert, transitionOf } from "./alert.ts";
import type { AlertBoard } from "./alert-board.ts";
import { endAlert } from "./evaluate-rule.ts";

/** A crossing where it stands. */
export interface WaitingCrossing {
  readonly crossing: AccountCrossing;
}

/** Where crossings wait until they are taken over. */
export interface CrossingSource {
  /** The oldest ones, in their order for each account. */
  read(): Promise<readonly WaitingCrossing[]>;
  /** Takes away what was taken over; may be repeated. */
  remove(taken: readonly WaitingCrossing[]): Promise<void>;
}

/** What taking crossings over needs. */
export interface CrossingIntakeOptions {
  readonly rules: Pick<AlertRules, "get">;
  readonly board: AlertBoard;
  /** Whether an alert is kept, also one that is over. */
  readonly isKnown: (alertId: string) => Promise<boolean>;
}

/**
 * Turns what accounts crossed into alerts: one for each crossing, which ends when the account is back on the good
 * side. A crossing that comes again, since its first taker died before it removed it, changes nothing: the alert that
 * it makes is named for it.
 */
export async function takeCrossing(
  { rules, board, isKnown }: CrossingIntakeOptions,
  crossing: AccountCrossing,
  nowMs: number,
): Promise<void> {
  const { ruleId, accountId, level } = crossing;
  const rule = rules.get(ruleId)?.value;
  const present = board
    .ofRule(ruleId)
    .find((alert) => alert.accountId === accountId && (alert.groupLabels.level ?? "") === level);
  if (crossing.step === "resolved") {
    if (present !== undefined && present.activeAtMs <= crossing.atMs)
      board.take([endAlert(withReason(present, crossing), nowMs, crossing.reason)]);
    return;
  }
  if (rule === undefined || rule.disabled || present !== undefined) return;
  const change = beginAlert(rule, crossing, nowMs);
  if (!(await isKnown(change.record.alertId))) board.take([change]);
}

function beginAlert(rule: AlertRuleRecord, crossing: AccountCrossing, nowMs: number): AlertChange {
  const { ruleId, accountId, currencyCode, level, value, reason, sequence, atMs } = crossing;
  const groupLabels = { account: accountId, currency: currencyCode, ...(level === "" ? {} : { level }) };
  const finding = {
    ruleId,
    rule,
    groupLabels,
    severity: severityOf(rule, level),
    accountId,
    value,
    annotations: { reason },
  };
  const phase = { state: "firing", activeAtMs: atMs, firedAtMs: nowMs } as const;
  const drafted = recordAlert(finding, phase, undefined, nowMs);
  const record: AlertRecord = {
    ...drafted,
    alertId: `${ruleId}.${drafted.fingerprint}.s${sequence.toString(36)}`,
  };
  return { record, transition: transitionOf(undefined, record, reason) };
}

/** What a resolved alert tells: why it is over. */
function withReason(present: AlertRecord, { value, reason }: AccountCrossing): AlertRecord {
  return { ...present, value, annotations: { ...present.annotations, reason } };
}

function severityOf(rule: AlertRuleRecord, level: string) {
  const { condition } = rule;
  const levels = condition.kind === "low_balance" ? condition.defaultLevels : [];
  return levels.find(({ name }) => name === level)?.severity ?? termsOf(rule).severity;
}
