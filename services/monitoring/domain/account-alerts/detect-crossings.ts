import { type AccountState, netOf } from "../intake/account-state.ts";
import type { LedgerEvent } from "../intake/ledger-event.ts";
import type { AccountCrossing, AccountRule, LowBalanceRule, SpendSpikeRule } from "./account-crossing.ts";
import { detectLowBalance } from "./low-balance.ts";
import { detectSpike } from "./spend-spike.ts";

/** Rules by kind. */
export interface DetectionRules {
  readonly lowBalance: readonly LowBalanceRule[];
  readonly spendSpike: readonly SpendSpikeRule[];
}

export function groupRules(rules: readonly AccountRule[]): DetectionRules {
  return {
    lowBalance: rules.filter((rule) => rule.kind === "low_balance"),
    spendSpike: rules.filter((rule) => rule.kind === "spend_spike"),
  };
}

/** What an event crosses, and the account's state after it, figures included. */
export function detectCrossings(
  state: AccountState,
  event: LedgerEvent,
  rules: DetectionRules,
): { readonly state: AccountState; readonly crossings: readonly AccountCrossing[] } {
  const { levels, crossings } = detectLowBalance(state, event, rules.lowBalance);
  if (rules.spendSpike.length === 0) return { state: { ...state, levels, spikes: {} }, crossings };
  const atoms = event.type === "REFUND" ? 0n : netOf(event.legs, "spent");
  const { spikes, crossings: spikeCrossings } = passTime(state, rules, {
    accountId: event.accountId,
    sequence: event.sequence,
    atMs: event.atMs,
    atoms,
  });
  return { state: { ...state, levels, spikes }, crossings: [...crossings, ...spikeCrossings] };
}

/** The same for a spend alone, or for time that passes without one. */
export function passTime(
  state: AccountState,
  rules: DetectionRules,
  spend: { accountId: string; sequence: number; atMs: number; atoms: bigint },
): { readonly spikes: AccountState["spikes"]; readonly crossings: readonly AccountCrossing[] } {
  const outcomes = rules.spendSpike.map((rule) => ({ rule, ...detectSpike(state, rule, spend) }));
  return {
    spikes: Object.fromEntries(outcomes.map(({ rule, spike }) => [rule.ruleId, spike])),
    crossings: outcomes.flatMap(({ crossing }) => crossing ?? []),
  };
}
