import { cover, expireGrants, grantOf, least, restore, sourcesOf } from "./burn-down.ts";
import {
  answerOf,
  appendEntry,
  columnsOf,
  type ModelReference,
  type ModelState,
  postedOf,
  Refused,
  refundableOf,
  requireFit,
} from "./model-state.ts";
import type { ModelRefund, ModelReversal } from "./operations.ts";

export function refund(state: ModelState, { entry, amount }: ModelRefund): string {
  const original = state.entries.get(entry);
  if (amount === 0n) throw new Refused("AMOUNT_INVALID");
  if (original === undefined) throw new Refused("TRANSACTION_NOT_FOUND");
  expireGrants(state);
  if (!original.refundable) throw new Refused("TRANSACTION_NOT_REFUNDABLE");
  const left = refundableOf(original);
  const given = amount ?? left;
  if (given > left || given === 0n) throw new Refused("REFUND_EXCEEDS_CHARGE");
  const before = postedOf(state);
  // Plain first, then the grants in reverse burn-down order; what was given back before is passed over.
  const order = sourcesOf(state).filter((source) => source !== "plain");
  let [passed, rest] = [original.refunded, given];
  for (const source of ["plain" as const, ...order.reverse()]) {
    const part = source === "plain" ? original.spentPlain : (original.spentOf.get(source.sequence) ?? 0n);
    const skipped = least(passed, part);
    const back = least(rest, part - skipped);
    [passed, rest] = [passed - skipped, rest - back];
    if (source === "plain") state.plainFree += back;
    else restore(state, source, back);
  }
  state.spent -= given;
  cover(state);
  requireFit(state);
  original.refunded += given;
  return answerOf(state, appendEntry(state, { amount: postedOf(state) - before }));
}

export function reverse(state: ModelState, { reference, total, revision }: ModelReversal): string {
  const credit = state.references.get(reference);
  if (credit === undefined) throw new Refused("REFERENCE_NOT_FOUND");
  if (total > credit.amount) throw new Refused("AMOUNT_INVALID");
  const isNewer = revision > credit.revision;
  const known = credit.reversed === total;
  if (!isNewer)
    return `${revision === credit.revision && known ? "unchanged" : "superseded"} ${columnsOf(state)}`;
  credit.revision = revision;
  if (known) return `unchanged ${columnsOf(state)}`;
  expireGrants(state);
  const before = postedOf(state);
  if (total > credit.reversed) takeBack(state, credit, total - credit.reversed);
  else returnTo(state, credit, credit.reversed - total);
  state.funded += credit.reversed - total;
  credit.reversed = total;
  cover(state);
  requireFit(state);
  return answerOf(state, appendEntry(state, { amount: postedOf(state) - before }));
}

/** What is free of the grant, then what expired of it, then plain balance, which may go below zero. */
function takeBack(state: ModelState, credit: ModelReference, amount: bigint): void {
  let left = amount;
  if (credit.grant !== undefined) {
    const grant = grantOf(state, credit.grant);
    const ofGrant = least(left, grant.free);
    const ofExpired = least(left - ofGrant, grant.expired);
    grant.free -= ofGrant;
    grant.expired -= ofExpired;
    state.expired -= ofExpired;
    credit.ofGrant += ofGrant;
    credit.ofExpired += ofExpired;
    left -= ofGrant + ofExpired;
  }
  state.plainFree -= left;
}

/** The opposite order. */
function returnTo(state: ModelState, credit: ModelReference, amount: bigint): void {
  const ofPlain = least(amount, credit.reversed - credit.ofGrant - credit.ofExpired);
  state.plainFree += ofPlain;
  if (credit.grant === undefined) return;
  const grant = grantOf(state, credit.grant);
  const ofExpired = least(amount - ofPlain, credit.ofExpired);
  const ofGrant = amount - ofPlain - ofExpired;
  grant.expired += ofExpired;
  state.expired += ofExpired;
  credit.ofExpired -= ofExpired;
  credit.ofGrant -= ofGrant;
  restore(state, grant, ofGrant);
}
