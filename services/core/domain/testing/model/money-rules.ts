import { cover, draw, expireGrants } from "./burn-down.ts";
import {
  answerOf,
  appendEntry,
  type ModelState,
  nextSequence,
  Refused,
  requireFit,
  spendableOf,
  useQuote,
} from "./model-state.ts";
import type { ModelCharge, ModelCredit } from "./operations.ts";

/** `expiresMs` is what the end of a grant came to. */
export function credit(state: ModelState, operation: ModelCredit, expiresMs: number): string {
  const { amount, reference, kind, grant, quote } = operation;
  const first = state.references.get(reference);
  if (first !== undefined) {
    if (first.amount !== amount) throw new Refused("REFERENCE_REUSED");
    return `replay ${first.answer}`;
  }
  if (state.closed) throw new Refused("ACCOUNT_CLOSED");
  useQuote(state, quote);
  expireGrants(state);
  const sequence = nextSequence(state);
  if (grant === undefined) state.plainFree += amount;
  else {
    const { priority } = grant;
    state.grants.push({ sequence, kind, priority, expiresMs, free: amount, held: 0n, expired: 0n });
  }
  state.funded += amount;
  cover(state);
  requireFit(state);
  appendEntry(state, { amount });
  const answer = answerOf(state, sequence);
  if (reference !== "") {
    const start = { reversed: 0n, revision: 0, ofGrant: 0n, ofExpired: 0n };
    const made = grant === undefined ? undefined : sequence;
    state.references.set(reference, { amount, kind, answer, grant: made, ...start });
  }
  return answer;
}

export function charge(state: ModelState, { amount, quote }: ModelCharge): string {
  useQuote(state, quote);
  expireGrants(state);
  requireDebit(state, amount);
  const { plain, parts } = draw(state, amount);
  state.spent += amount;
  requireFit(state);
  const entry = { refundable: true, amount: -amount, spentPlain: plain, spentOf: parts };
  return answerOf(state, appendEntry(state, entry));
}

export function adjust(state: ModelState, amount: bigint, allowNegative: boolean): string {
  if (amount === 0n) throw new Refused("AMOUNT_INVALID");
  expireGrants(state);
  if (amount < 0n && !allowNegative && spendableOf(state) < -amount) throw new Refused("INSUFFICIENT_FUNDS");
  state.plainFree += amount;
  state.funded += amount;
  cover(state);
  requireFit(state);
  return answerOf(state, appendEntry(state, { amount }));
}

/** What refuses a new debit or hold. */
export function requireDebit(state: ModelState, amount: bigint): void {
  if (state.closed) throw new Refused("ACCOUNT_CLOSED");
  if (state.freezes.length > 0) throw new Refused("ACCOUNT_FROZEN");
  if (amount > spendableOf(state)) throw new Refused("INSUFFICIENT_FUNDS");
}
