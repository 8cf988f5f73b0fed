import { divideRounded } from "#money/rounding.ts";
import type { AccountState, SpendSlots, SpikeState } from "../intake/account-state.ts";
import { type Figure, figureOfAtoms, formatFigure, oneFigure, parseFigure } from "../metrics/figure.ts";
import type { AccountCrossing, SpendSpikeRule } from "./account-crossing.ts";

/** The state of an account to a rule at a moment, and what it crossed. */
export interface SpikeOutcome {
  readonly spike: SpikeState;
  readonly crossing: AccountCrossing | undefined;
}

/** What an account spent, and when; 0 when only time has passed. */
export interface Spend {
  readonly accountId: string;
  readonly sequence: number;
  readonly atMs: number;
  readonly atoms: bigint;
}

/** Slots that a window and a baseline are divided into: they bound what is kept of an account. */
const slotsPerSpan = 60;
const shortestSlotMs = 60_000;

/**
 * Compares an account's spend in the rule's window with its usual spend in such a window: the spend of the baseline
 * before the window, spread evenly over as much of the baseline as the account has been known. Spend is kept in
 * slots of a 60th of each span (a minute at least), so the edges of both are as sharp as that.
 */
export function detectSpike(state: AccountState, rule: SpendSpikeRule, spend: Spend): SpikeOutcome {
  const before = state.spikes[rule.ruleId] ?? {
    firing: false,
    sinceMs: spend.atMs,
    window: [],
    baseline: [],
  };
  const { window, baseline } = moveOn(before, rule, spend);
  const spent = total(window);
  const historyMs = Math.min(rule.baselineMs, spend.atMs - rule.windowMs - before.sinceMs);
  const line = lineOf(state, rule, total(baseline), historyMs);
  const firing = isFiring(before.firing, figureOfAtoms(spent, state.ledgerScale), line);
  const spike = { firing, sinceMs: before.sinceMs, window, baseline };
  if (firing === before.firing) return { spike, crossing: undefined };
  return { spike, crossing: crossingOf(state, rule, spend, firing, spent, line) };
}

/** The line as a fraction, so that nothing is rounded: usual spend × factor = numerator ÷ denominator. */
interface SpikeLine {
  readonly numerator: Figure;
  readonly denominator: bigint;
  readonly minimum: Figure;
}

/** Undefined while the account's history is too short, or it spent nothing to compare with. */
function lineOf(
  { currencyCode, ledgerScale }: AccountState,
  rule: SpendSpikeRule,
  baselineAtoms: bigint,
  historyMs: number,
): SpikeLine | undefined {
  if (historyMs <= 0 || historyMs < rule.minimumHistoryMs || baselineAtoms <= 0n) return undefined;
  return {
    numerator: figureOfAtoms(baselineAtoms, ledgerScale) * BigInt(rule.windowMs) * parseFigure(rule.factor),
    denominator: BigInt(Math.round(historyMs)) * oneFigure,
    minimum: parseFigure(rule.minimumSpends[currencyCode] ?? "0"),
  };
}

/** It fires on the line, and ends below four fifths of it. */
function isFiring(before: boolean, spent: Figure, line: SpikeLine | undefined): boolean {
  if (line === undefined) return false;
  const { numerator, denominator, minimum } = line;
  if (before) return spent * denominator * 5n >= numerator * 4n && spent > 0n;
  return spent >= minimum && spent > 0n && spent * denominator >= numerator;
}

/** Takes up a spend; what left the window belongs to the baseline, what left that is forgotten. */
function moveOn(before: SpikeState, rule: SpendSpikeRule, { atMs, atoms }: Spend) {
  const windowStartMs = atMs - rule.windowMs;
  const kept = add(before.window, slotOf(atMs, rule.windowMs), atoms);
  const window = kept.filter(([startMs]) => startMs > windowStartMs);
  let baseline = before.baseline;
  for (const [startMs, left] of kept) {
    if (startMs <= windowStartMs) baseline = add(baseline, slotOf(startMs, rule.baselineMs), left);
  }
  const baselineStartMs = windowStartMs - rule.baselineMs;
  return { window, baseline: baseline.filter(([startMs]) => startMs > baselineStartMs) };
}

function slotOf(atMs: number, spanMs: number): number {
  const slotMs = Math.max(shortestSlotMs, Math.ceil(spanMs / slotsPerSpan));
  return Math.floor(atMs / slotMs) * slotMs;
}

function add(slots: SpendSlots, startMs: number, atoms: bigint): SpendSlots {
  if (atoms === 0n) return slots;
  const last = slots.at(-1);
  if (last === undefined || last[0] < startMs) return [...slots, [startMs, atoms]];
  return slots.map(([start, amount]) => (start === startMs ? [start, amount + atoms] : [start, amount]));
}

function total(slots: SpendSlots): bigint {
  return slots.reduce((sum, [, atoms]) => sum + atoms, 0n);
}

function crossingOf(
  { currencyCode, ledgerScale }: AccountState,
  { ruleId, windowMs, factor }: SpendSpikeRule,
  { accountId, sequence, atMs }: Spend,
  firing: boolean,
  spentAtoms: bigint,
  line: SpikeLine | undefined,
): AccountCrossing {
  const value = formatFigure(figureOfAtoms(spentAtoms, ledgerScale));
  const threshold = line === undefined ? "0" : formatFigure(line.numerator / line.denominator);
  const usual =
    line === undefined
      ? "not known"
      : `${inWords((line.numerator * oneFigure) / (line.denominator * parseFigure(factor)))} ${currencyCode}`;
  return {
    id: `${accountId}/${sequence}/${ruleId}//${firing ? "fired" : "resolved"}/${atMs}`,
    ruleId,
    step: firing ? "fired" : "resolved",
    kind: "spend_spike",
    accountId,
    currencyCode,
    level: "",
    sequence,
    atMs,
    value,
    threshold,
    reason: `${value} ${currencyCode} spent within ${spanInWords(windowMs)}; usual in such a time is ${usual}`,
  };
}

/** For people four digits after the point are enough, unless nothing would be left. */
function inWords(figure: Figure): string {
  const step = oneFigure / 10_000n;
  const rounded = divideRounded(figure, step, "half-even") * step;
  return formatFigure(rounded === 0n ? figure : rounded);
}

function spanInWords(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  const [count, unit] = minutes % 60 === 0 ? [minutes / 60, "hour"] : [minutes, "minute"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
