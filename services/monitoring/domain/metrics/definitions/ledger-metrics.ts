import type { LabelValues, MetricDefinition } from "../metric-definition.ts";
import type { MetricType } from "../point.ts";

/** Sources of credits that reports tell apart; others count as "other". */
export const creditSources = ["stripe", "admin", "promo", "other"] as const;
export type CreditSource = (typeof creditSources)[number];

export const creditKinds = ["purchased", "promotional"] as const;
export const settlements = ["charge", "commit", "expiry"] as const;
export const holdEvents = ["opened", "extended", "committed", "released", "expired"] as const;
export const directions = ["up", "down"] as const;

/** Types of journal entries, as Core's TransactionType names them. */
export const entryTypes = [
  "ACCOUNT_CREATED",
  "CREDIT",
  "CHARGE",
  "RESERVE",
  "EXTEND",
  "COMMIT",
  "RELEASE",
  "HOLD_EXPIRED",
  "GRANT_EXPIRED",
  "REFUND",
  "CREDIT_REVERSED",
  "ADJUSTMENT",
  "ACCOUNT_UPDATED",
  "ACCOUNT_FROZEN",
  "ACCOUNT_UNFROZEN",
  "ACCOUNT_CLOSED",
] as const;
export type EntryType = (typeof entryTypes)[number];

type LabelSet = Readonly<Record<string, LabelValues>>;
type CounterDefinition = MetricDefinition & { readonly type: "counter" };

function events(
  name: string,
  unit: "" | "currency",
  labels: LabelSet,
  description: string,
  perAccount = false,
): CounterDefinition {
  return { name, type: "counter", unit, description, labels, perAccount, source: "ledger", origin: "events" };
}

function level(name: string, unit: "" | "currency", description: string): MetricDefinition {
  const type: MetricType = "gauge";
  const labels = { currency: "currency" } as const;
  return { name, type, unit, description, labels, perAccount: false, source: "ledger", origin: "records" };
}

const currency = { currency: "currency" } as const;

/** Counted from the ledger's events, each exactly once, at the time of the entry. */
export const ledgerCounters = {
  entries: events("billing_ledger_entries_total", "", { type: entryTypes }, "Journal entries, by type."),
  charges: events(
    "billing_charges_total",
    "",
    { ...currency, settlement: settlements },
    "Debits that were settled: charges, commits of holds, and holds captured on expiry.",
    true,
  ),
  spent: events(
    "billing_spent_total",
    "currency",
    { ...currency, kind: creditKinds },
    "Money spent, by the kind of credit that paid: purchased is revenue. Refunds are counted apart.",
    true,
  ),
  refunds: events("billing_refunds_total", "", currency, "Refunds of charges and commits."),
  refunded: events(
    "billing_refunded_total",
    "currency",
    { ...currency, kind: creditKinds },
    "Money given back for charges and commits, by the kind of credit that had paid.",
  ),
  topUps: events(
    "billing_top_ups_total",
    "",
    { ...currency, source: creditSources, kind: creditKinds },
    "Credits, by where the money came from.",
  ),
  credited: events(
    "billing_credited_total",
    "currency",
    { ...currency, source: creditSources, kind: creditKinds },
    "Money that came in, by where it came from.",
  ),
  reversed: events(
    "billing_reversed_total",
    "currency",
    { ...currency, direction: directions },
    "Credits taken back (down), and such reversals undone (up).",
  ),
  adjusted: events(
    "billing_adjusted_total",
    "currency",
    { ...currency, direction: directions },
    "Corrections by operators, by direction.",
  ),
  expired: events("billing_credit_expired_total", "currency", currency, "Money of grants that ran out."),
  uncollected: events(
    "billing_uncollected_total",
    "currency",
    currency,
    "What settled usage cost beyond what the accounts could pay.",
  ),
  holds: events(
    "billing_holds_total",
    "",
    { ...currency, event: holdEvents },
    "Steps in the life of holds. A hold captured on expiry counts as expired.",
  ),
  held: events("billing_held_total", "currency", currency, "Money put on hold."),
  captured: events("billing_captured_total", "currency", currency, "Held money that was spent."),
  freed: events("billing_freed_total", "currency", currency, "Held money that was released or expired."),
  accountsCreated: events("billing_accounts_created_total", "", currency, "Accounts created."),
  accountsClosed: events("billing_accounts_closed_total", "", currency, "Accounts closed."),
} as const;

/** Levels of the ledger, exact at each moment at which they are recorded. */
export const ledgerLevels = {
  liabilities: level(
    "billing_liabilities",
    "currency",
    "Sum of all positive posted balances: what is owed to customers.",
  ),
  debts: level("billing_debts", "currency", "Sum of all negative posted balances, ≤ 0: what customers owe."),
  reserved: level("billing_reserved", "currency", "Sum of all open holds."),
  openHolds: level("billing_open_holds", "", "Open holds."),
  accounts: level("billing_accounts", "", "Accounts that are not closed."),
} as const;
