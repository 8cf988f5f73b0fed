/**
 * What the intake tells the alert engine: an account crossed a line of a rule.
 *
 * Crossings stand in a stream for each ledger shard, `{monitoring:<shard>}:crossings`, written in the same step as
 * the event that caused them is counted: none is lost, none comes twice. An entry's
 * field `data` is the crossing as JSON. Whoever reads takes a crossing over for good before it removes it
 * (store/crossing-stream.ts); if it dies in between the crossing comes again, and its id tells.
 */
export interface AccountCrossing {
  /** Unique for ever, so that one that was taken over already is known. */
  readonly id: string;
  readonly ruleId: string;
  /** `fired`: the line was reached or passed. `resolved`: the account is back on the good side, and armed anew. */
  readonly step: "fired" | "resolved";
  readonly kind: "low_balance" | "spend_spike";
  readonly accountId: string;
  readonly currencyCode: string;
  /** The label `level` of a low balance: the rule's name for it, or the account's own threshold; else empty. */
  readonly level: string;
  /** Sequence of the journal entry that crossed the line, and its time. */
  readonly sequence: number;
  readonly atMs: number;
  /** Spendable balance, or spend in the window, after it: an exact decimal in the account's currency. */
  readonly value: string;
  /** The line, an exact decimal. */
  readonly threshold: string;
  /** Both figures in words, for the annotation `reason`. */
  readonly reason: string;
}

/** A rule as far as the detection needs it, from AlertRuleSpec with all defaults filled in. */
export type AccountRule = LowBalanceRule | SpendSpikeRule;

export interface LowBalanceRule {
  readonly kind: "low_balance";
  readonly ruleId: string;
  /** For accounts without thresholds of their own. */
  readonly defaultLevels: readonly BalanceLevel[];
  /** How far above a level the balance must rise to arm it again: a decimal, in percent of the level. */
  readonly rearmPercent: string;
}

/** A line, as an amount in a currency or in percent of the account's last credit. */
export interface BalanceLevel {
  /** The label `level`. */
  readonly name: string;
  readonly threshold:
    | { readonly amount: string; readonly currencyCode: string }
    | { readonly percentOfLastCredit: number };
}

export interface SpendSpikeRule {
  readonly kind: "spend_spike";
  readonly ruleId: string;
  readonly windowMs: number;
  /** A decimal above 1. */
  readonly factor: string;
  readonly baselineMs: number;
  readonly minimumHistoryMs: number;
  /** Spend in the window below which nothing is a spike, by currency. */
  readonly minimumSpends: Readonly<Record<string, string>>;
}

/**
 * The rules in force, asked for with every batch of events. When a rule is deleted or disabled, whoever keeps the
 * rules ends its alerts; the detection forgets its states.
 */
export interface AccountRules {
  current(): readonly AccountRule[];
}
