import type { LedgerEvent } from "./ledger-event.ts";

/** A threshold of the account's own: an amount, or percent of the last credit. */
export type AccountThreshold = { readonly amount: string } | { readonly percentOfLastCredit: number };

/** What does not change, or only with an ACCOUNT_UPDATED event. */
export interface AccountFacts {
  readonly currencyCode: string;
  readonly ledgerScale: number;
  readonly thresholds: readonly AccountThreshold[];
}

/** Spend by time, in whole slots; the oldest first. */
export type SpendSlots = ReadonlyArray<readonly [startMs: number, atoms: bigint]>;

/** Where an account stands to a spend-spike rule. */
export interface SpikeState {
  readonly firing: boolean;
  /** Since when spend is kept: a rule may be younger than the account. */
  readonly sinceMs: number;
  readonly window: SpendSlots;
  readonly baseline: SpendSlots;
}

/** Whether a level of a balance can fire: it was above the line, or it fired and has not come back. */
export type LevelState = "armed" | "fired";

/** What is remembered of an account: how far it was counted, and where it stands to its lines. */
export interface AccountState extends AccountFacts {
  /** Sequence of the last event that was counted; 0 before the first. */
  readonly sequence: number;
  readonly postedAtoms: bigint;
  readonly reservedAtoms: bigint;
  /** Of the last credit; 0 if there was none. */
  readonly lastCreditAtoms: bigint;
  /** By `<rule> <level>`; those that were never above the line are absent. */
  readonly levels: Readonly<Record<string, LevelState>>;
  /** By rule. */
  readonly spikes: Readonly<Record<string, SpikeState>>;
}

/** An account of which nothing was counted. */
export function newAccountState(facts: AccountFacts): AccountState {
  return {
    ...facts,
    sequence: 0,
    postedAtoms: 0n,
    reservedAtoms: 0n,
    lastCreditAtoms: 0n,
    levels: {},
    spikes: {},
  };
}

/** The account's figures after an event. */
export function advance(state: AccountState, event: LedgerEvent): AccountState {
  const credited = event.type === "CREDIT" ? creditedAtoms(event) : state.lastCreditAtoms;
  return {
    ...state,
    sequence: event.sequence,
    postedAtoms: event.postedAtoms,
    reservedAtoms: event.reservedAtoms,
    lastCreditAtoms: credited,
  };
}

/** What came in from outside. */
export function creditedAtoms({ legs }: LedgerEvent): bigint {
  return -netOf(legs, "external");
}

/** Sum of a column's legs. */
export function netOf(legs: LedgerEvent["legs"], column: LedgerEvent["legs"][number]["column"]): bigint {
  let net = 0n;
  for (const leg of legs) if (leg.column === column) net += leg.amountAtoms;
  return net;
}

/** As stored: JSON of positions, since there is one for each account. */
export function encodeAccountState(state: AccountState): string {
  return JSON.stringify([
    state.sequence,
    state.currencyCode,
    state.ledgerScale,
    String(state.postedAtoms),
    String(state.reservedAtoms),
    String(state.lastCreditAtoms),
    state.thresholds.map((each) => ("amount" in each ? each.amount : each.percentOfLastCredit)),
    state.levels,
    Object.entries(state.spikes).map(([rule, { firing, sinceMs, window, baseline }]) => [
      rule,
      firing ? 1 : 0,
      sinceMs,
      encodeSlots(window),
      encodeSlots(baseline),
    ]),
  ]);
}

type StoredSlots = Array<[number, string]>;
type StoredState = [
  number,
  string,
  number,
  string,
  string,
  string,
  Array<string | number>,
  Record<string, LevelState>,
  Array<[string, number, number, StoredSlots, StoredSlots]>,
];

/** Reads what {@link encodeAccountState} wrote. */
export function decodeAccountState(text: string): AccountState {
  const [sequence, currencyCode, ledgerScale, posted, reserved, credit, thresholds, levels, spikes] =
    JSON.parse(text) as StoredState;
  return {
    sequence,
    currencyCode,
    ledgerScale,
    postedAtoms: BigInt(posted),
    reservedAtoms: BigInt(reserved),
    lastCreditAtoms: BigInt(credit),
    thresholds: thresholds.map((each) =>
      typeof each === "string" ? { amount: each } : { percentOfLastCredit: each },
    ),
    levels,
    spikes: Object.fromEntries(
      spikes.map(([rule, firing, sinceMs, window, baseline]) => [
        rule,
        { firing: firing === 1, sinceMs, window: decodeSlots(window), baseline: decodeSlots(baseline) },
      ]),
    ),
  };
}

function encodeSlots(slots: SpendSlots): StoredSlots {
  return slots.map(([startMs, atoms]) => [startMs, String(atoms)]);
}

function decodeSlots(slots: StoredSlots): SpendSlots {
  return slots.map(([startMs, atoms]) => [startMs, BigInt(atoms)]);
}
