import type { AccountState, LevelState } from "../intake/account-state.ts";
import type { LedgerEvent } from "../intake/ledger-event.ts";
import { type Figure, figureOfAtoms, formatFigure, oneFigure, parseFigure } from "../metrics/figure.ts";
import type { AccountCrossing, BalanceLevel, LowBalanceRule } from "./account-crossing.ts";

/** States of an account's levels after an event, and what the event crossed. */
export interface LowBalanceOutcome {
  readonly levels: AccountState["levels"];
  readonly crossings: readonly AccountCrossing[];
}

/** A level of an account as a figure, times 100 so that percents are exact. */
interface Line {
  readonly level: string;
  readonly hundredfold: Figure;
  /** For people, for example "20 % of the last credit (4 USD)". */
  readonly words: string;
}

/**
 * Compares the spendable amount after an event with the account's levels. A level fires when the amount comes down
 * to the line or below it, once; exactly on the line counts. It is armed by being above the line and, after it
 * fired, only by being above it by the rule's `rearmPercent`, which resolves it. A level that the balance never was
 * above has not been crossed.
 */
export function detectLowBalance(
  state: AccountState,
  event: LedgerEvent,
  rules: readonly LowBalanceRule[],
): LowBalanceOutcome {
  if (rules.length === 0) return { levels: {}, crossings: [] };
  const spendableAtoms = event.postedAtoms - event.reservedAtoms + event.creditLimitAtoms;
  const spendable = figureOfAtoms(spendableAtoms, state.ledgerScale);
  const levels: Record<string, LevelState> = {};
  const crossings: AccountCrossing[] = [];
  for (const rule of rules) {
    const rearm = parseFigure(rule.rearmPercent);
    for (const line of linesOf(state, rule)) {
      const name = `${rule.ruleId} ${line.level}`;
      const before = state.levels[name];
      const after = nextState(before, spendable * 100n, line.hundredfold, rearm);
      if (after !== undefined) levels[name] = after;
      if (after === "fired" && before !== "fired")
        crossings.push(crossingOf(state, event, rule, line, "fired", spendable));
      if (before === "fired" && after !== "fired")
        crossings.push(crossingOf(state, event, rule, line, "resolved", spendable));
    }
  }
  return { levels, crossings };
}

function nextState(
  before: LevelState | undefined,
  spendable: Figure,
  line: Figure,
  rearm: Figure,
): LevelState | undefined {
  if (before === "fired") {
    const isFarAbove = spendable > line && (spendable - line) * 100n * oneFigure >= line * rearm;
    return isFarAbove ? "armed" : "fired";
  }
  if (spendable > line) return "armed";
  return before === "armed" ? "fired" : undefined;
}

/** The account's own thresholds replace the rule's levels. */
function linesOf(state: AccountState, rule: LowBalanceRule): Line[] {
  const own = state.thresholds.map((each): BalanceLevel => {
    if ("amount" in each)
      return { name: each.amount, threshold: { amount: each.amount, currencyCode: state.currencyCode } };
    return { name: `${each.percentOfLastCredit}%`, threshold: each };
  });
  return (own.length > 0 ? own : rule.defaultLevels).flatMap(({ name, threshold }) => {
    if ("amount" in threshold) {
      if (threshold.currencyCode !== state.currencyCode) return [];
      const hundredfold = parseFigure(threshold.amount) * 100n;
      return [{ level: name, hundredfold, words: `${threshold.amount} ${state.currencyCode}` }];
    }
    if (state.lastCreditAtoms === 0n) return [];
    const percent = threshold.percentOfLastCredit;
    const hundredfold = figureOfAtoms(state.lastCreditAtoms, state.ledgerScale) * BigInt(percent);
    return [
      {
        level: name,
        hundredfold,
        words: `${percent} % of the last credit (${formatFigure(hundredfold / 100n)} ${state.currencyCode})`,
      },
    ];
  });
}

function crossingOf(
  { currencyCode }: AccountState,
  { accountId, sequence, atMs }: LedgerEvent,
  { ruleId }: LowBalanceRule,
  { level, hundredfold, words }: Line,
  step: AccountCrossing["step"],
  spendable: Figure,
): AccountCrossing {
  const value = formatFigure(spendable);
  const threshold = formatFigure(hundredfold / 100n);
  const position = step === "fired" ? "at or below" : "back above";
  return {
    id: `${accountId}/${sequence}/${ruleId}/${level}/${step}`,
    ruleId,
    step,
    kind: "low_balance",
    accountId,
    currencyCode,
    level,
    sequence,
    atMs,
    value,
    threshold,
    reason: `${value} ${currencyCode} spendable is ${position} the line of ${words}`,
  };
}
