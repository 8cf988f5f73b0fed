import {
  cover,
  type Draw,
  draw,
  expireGrants,
  giveBack,
  grantOf,
  isDue,
  least,
  sourcesOf,
} from "./burn-down.ts";
import {
  answerOf,
  appendEntry,
  type ModelHold,
  type ModelState,
  Refused,
  remainingOf,
  requireFit,
  spendableOf,
  useQuote,
} from "./model-state.ts";
import { requireDebit } from "./money-rules.ts";
import type { ModelCommit, ModelExtend, ModelReserve } from "./operations.ts";

const int64Max = 2n ** 63n - 1n;

const settledReasons = {
  HELD: "",
  COMMITTED: "RESERVATION_ALREADY_COMMITTED",
  RELEASED: "RESERVATION_ALREADY_RELEASED",
  EXPIRED: "RESERVATION_EXPIRED",
} as const;

/** Keeps what was done so far, whatever is refused after it. */
type Savepoint = () => void;

export function describeHold(hold: ModelHold): string {
  const { state, captured, settlements } = hold;
  return `${state} ${remainingOf(hold)}/${captured} by ${settlements.slice(-32).join("+")}`;
}

export function reserve(state: ModelState, operation: ModelReserve, expiresMs: number): string {
  const { amount, capture, quote } = operation;
  useQuote(state, quote);
  expireGrants(state);
  requireDebit(state, amount);
  const { plain, parts } = draw(state, amount);
  const hold: ModelHold = { state: "HELD", plain, parts, captured: 0n, settlements: [], capture, expiresMs };
  state.plainHeld += plain;
  for (const [sequence, part] of parts) grantOf(state, sequence).held += part;
  requireFit(state);
  state.holds.push(hold);
  return `${answerOf(state, appendEntry(state))} ${describeHold(hold)}`;
}

/** Performs what is due of grants, then of the hold; true if the hold expired by it. */
export function expireDue(state: ModelState, hold: ModelHold): boolean {
  expireGrants(state);
  if (hold.state !== "HELD" || !isDue(state, hold)) return false;
  const amount = hold.capture ? remainingOf(hold) : 0n;
  const before = postedWith(state);
  const spent = takeFrom(state, hold, amount, false);
  cover(state);
  hold.captured += amount;
  hold.state = hold.capture ? "COMMITTED" : "EXPIRED";
  const refundable = hold.capture && amount > 0n;
  const entry = { refundable, amount: postedWith(state) - before, ...spentParts(spent) };
  hold.settlements.push(appendEntry(state, entry));
  return true;
}

export function commit(state: ModelState, hold: ModelHold, operation: ModelCommit, save: Savepoint): string {
  const { amount, overage, keepOpen, acceptExpired, quote } = operation;
  expireDue(state, hold);
  save();
  const late = hold.state === "EXPIRED" && acceptExpired && !keepOpen;
  if (hold.state !== "HELD" && !late) throw new Refused(settledReasons[hold.state]);
  if (state.closed) throw new Refused("ACCOUNT_CLOSED");
  useQuote(state, quote);
  const remaining = remainingOf(hold);
  let taken = amount;
  if (amount > remaining) {
    if (keepOpen) throw new Refused("AMOUNT_EXCEEDS_RESERVATION");
    if (overage === "REJECT") throw new Refused("INSUFFICIENT_FUNDS");
    const spendable = spendableOf(state);
    if (overage === "CAP") taken = least(amount, remaining + (spendable < 0n ? 0n : spendable));
  }
  if (hold.captured + taken > int64Max) throw new Refused("AMOUNT_OVERFLOW");
  const before = postedWith(state);
  const spent = takeFrom(state, hold, least(taken, remaining), keepOpen);
  if (taken > remaining) addDraw(spent, draw(state, taken - remaining));
  state.spent += taken > remaining ? taken - remaining : 0n;
  cover(state);
  requireFit(state);
  hold.captured += taken;
  if (!keepOpen) hold.state = "COMMITTED";
  const entry = { refundable: true, amount: postedWith(state) - before, ...spentParts(spent) };
  const sequence = appendEntry(state, entry);
  hold.settlements.push(sequence);
  return `${answerOf(state, sequence, amount - taken)} ${describeHold(hold)}`;
}

export function release(state: ModelState, hold: ModelHold, save: Savepoint): string {
  expireDue(state, hold);
  save();
  if (hold.state === "COMMITTED") throw new Refused(settledReasons.COMMITTED);
  if (hold.state === "HELD") {
    const before = postedWith(state);
    takeFrom(state, hold, 0n, false);
    cover(state);
    hold.state = "RELEASED";
    hold.settlements.push(appendEntry(state, { amount: postedWith(state) - before }));
  }
  return `${answerOf(state, hold.settlements.at(-1)!)} ${describeHold(hold)}`;
}

/** `expiresMs` is what a later end came to. */
export function extend(
  state: ModelState,
  hold: ModelHold,
  operation: ModelExtend,
  expiresMs: number,
  save: Savepoint,
): string {
  const { end, held, more = 0n } = operation;
  const total = held + more;
  if (total < 0n) throw new Refused("AMOUNT_INVALID");
  if (total > int64Max) throw new Refused("AMOUNT_OVERFLOW");
  expireDue(state, hold);
  if (hold.state !== "HELD") {
    save();
    throw new Refused(settledReasons[hold.state]);
  }
  if (end === "too late" || (end === "too soon" && !isInLastMs(state, hold)))
    throw new Refused("TIME_OUT_OF_RANGE");
  if (more < 0n) throw new Refused("AMOUNT_INVALID");
  if (more > 0n) holdMore(state, hold, more);
  if (end === "later") hold.expiresMs = expiresMs;
  return `${answerOf(state, appendEntry(state))} ${describeHold(hold)}`;
}

/** One more ms comes to the end that the hold has, and is no sooner end. */
function isInLastMs({ nowMs }: ModelState, { expiresMs }: ModelHold): boolean {
  return nowMs === expiresMs - 1;
}

function holdMore(state: ModelState, hold: ModelHold, more: bigint): void {
  if (state.freezes.length > 0) throw new Refused("ACCOUNT_FROZEN");
  if (more > spendableOf(state)) throw new Refused("INSUFFICIENT_FUNDS");
  const { plain, parts } = draw(state, more);
  hold.plain += plain;
  state.plainHeld += plain;
  for (const [sequence, part] of parts) {
    hold.parts.set(sequence, (hold.parts.get(sequence) ?? 0n) + part);
    grantOf(state, sequence).held += part;
  }
  requireFit(state);
}

/** Spends an amount of what the hold has, in burn-down order; the rest is freed, or stays held. */
function takeFrom(state: ModelState, hold: ModelHold, amount: bigint, keepsRest: boolean): Draw {
  const spent: Draw = { plain: 0n, parts: new Map() };
  let left = amount;
  for (const source of sourcesOf(state)) {
    const had = source === "plain" ? hold.plain : (hold.parts.get(source.sequence) ?? 0n);
    const taken = least(left, had);
    const freed = keepsRest ? 0n : had - taken;
    left -= taken;
    if (source === "plain") {
      spent.plain = taken;
      hold.plain -= taken + freed;
      state.plainHeld -= taken + freed;
      state.plainFree += freed;
    } else if (had > 0n) {
      if (taken > 0n) spent.parts.set(source.sequence, taken);
      hold.parts.set(source.sequence, had - taken - freed);
      source.held -= taken + freed;
      giveBack(state, source, freed);
    }
  }
  state.spent += amount;
  return spent;
}

function addDraw(spent: Draw, more: Draw): void {
  spent.plain += more.plain;
  for (const [sequence, part] of more.parts)
    spent.parts.set(sequence, (spent.parts.get(sequence) ?? 0n) + part);
}

function spentParts({ plain, parts }: Draw) {
  return { spentPlain: plain, spentOf: parts };
}

function postedWith(state: ModelState): bigint {
  return state.funded - state.spent - state.expired;
}
