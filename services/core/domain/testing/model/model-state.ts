import type { CreditKind } from "../../../store/journal-entry.ts";

/** Money with a purpose, a priority or an end. */
export interface ModelGrant {
  readonly sequence: number;
  readonly kind: CreditKind;
  readonly priority: number;
  /** Infinity for never. */
  readonly expiresMs: number;
  /** Left, and in no hold. */
  free: bigint;
  /** In holds. */
  held: bigint;
  expired: bigint;
}

export interface ModelHold {
  state: "HELD" | "COMMITTED" | "RELEASED" | "EXPIRED";
  /** What it has of plain balance. */
  plain: bigint;
  /** What it has of grants, by their sequence. */
  parts: Map<number, bigint>;
  captured: bigint;
  settlements: number[];
  readonly capture: boolean;
  expiresMs: number;
}

/** What a later refund needs to know of an entry. */
export interface ModelEntry {
  readonly refundable: boolean;
  /** The change of posted. */
  readonly amount: bigint;
  readonly spentPlain: bigint;
  readonly spentOf: ReadonlyMap<number, bigint>;
  refunded: bigint;
}

/** A credit with a reference. */
export interface ModelReference {
  readonly amount: bigint;
  readonly kind: CreditKind;
  readonly answer: string;
  /** Sequence of the grant that it made. */
  readonly grant: number | undefined;
  reversed: bigint;
  revision: number;
  /** What reversals have taken of the grant, and of its expired part. */
  ofGrant: bigint;
  ofExpired: bigint;
}

/** One account. All of available and reserved is derived from plain balance and grants. */
export interface ModelState {
  nowMs: number;
  plainFree: bigint;
  plainHeld: bigint;
  grants: ModelGrant[];
  funded: bigint;
  spent: bigint;
  expired: bigint;
  creditLimit: bigint;
  configVersion: number;
  freezes: string[];
  closed: boolean;
  holds: ModelHold[];
  /** By sequence; the first is the account's creation. */
  entries: Map<number, ModelEntry>;
  references: Map<string, ModelReference>;
  /** Uses of quotes, by their bound. */
  quotes: Map<number, number>;
}

/** A refusal, by its reason. */
export class Refused extends Error {}

const int64Max = 2n ** 63n - 1n;
const nothing = { refundable: false, amount: 0n, spentPlain: 0n, spentOf: new Map(), refunded: 0n };

export function newAccountState(creditLimit: bigint): ModelState {
  return {
    nowMs: 0,
    plainFree: 0n,
    plainHeld: 0n,
    grants: [],
    funded: 0n,
    spent: 0n,
    expired: 0n,
    creditLimit,
    configVersion: 1,
    freezes: [],
    closed: false,
    holds: [],
    entries: new Map([[1, { ...nothing }]]),
    references: new Map(),
    quotes: new Map(),
  };
}

export function availableOf({ plainFree, grants }: ModelState): bigint {
  return grants.reduce((sum, { free }) => sum + free, plainFree);
}

export function reservedOf({ plainHeld, grants }: ModelState): bigint {
  return grants.reduce((sum, { held }) => sum + held, plainHeld);
}

export function spendableOf(state: ModelState): bigint {
  return availableOf(state) + state.creditLimit;
}

export function postedOf(state: ModelState): bigint {
  return availableOf(state) + reservedOf(state);
}

export function remainingOf({ plain, parts }: ModelHold): bigint {
  return [...parts.values()].reduce((sum, amount) => sum + amount, plain);
}

/** What can still be given back of an entry. */
export function refundableOf({ spentPlain, spentOf, refunded }: ModelEntry): bigint {
  return [...spentOf.values()].reduce((sum, part) => sum + part, spentPlain) - refunded;
}

/** Columns as "available reserved funded spent expired". */
export function columnsOf(state: ModelState): string {
  const { funded, spent, expired } = state;
  return [availableOf(state), reservedOf(state), funded, spent, expired].join(" ");
}

/** AMOUNT_OVERFLOW if a column is beyond what the ledger can hold; posted counts, since a hold may be freed. */
export function requireFit(state: ModelState): void {
  for (const column of [availableOf(state), reservedOf(state), postedOf(state)])
    if (column > int64Max || column < -int64Max) throw new Refused("AMOUNT_OVERFLOW");
}

/** The sequence that the next entry will have. */
export function nextSequence({ entries }: ModelState): number {
  return entries.size + 1;
}

/** Appends an entry; gives its sequence. */
export function appendEntry(state: ModelState, entry: Partial<ModelEntry> = {}): number {
  const sequence = nextSequence(state);
  state.entries.set(sequence, { ...nothing, ...entry });
  return sequence;
}

/** What a posting answers, with the balance as it is now. */
export function answerOf(state: ModelState, sequence: number, uncollected = 0n): string {
  const { amount } = state.entries.get(sequence)!;
  return `ok #${sequence} amount=${amount} uncollected=${uncollected} ${columnsOf(state)}`;
}

/** Counts a use of a quote that is used up after so many. */
export function useQuote({ quotes }: ModelState, quote: number | undefined): void {
  if (quote === undefined) return;
  const uses = quotes.get(quote) ?? 0;
  if (quote > 0 && uses >= quote) throw new Refused("QUOTE_NOT_APPLICABLE");
  quotes.set(quote, uses + 1);
}
