import { appendEntry, type ModelGrant, type ModelState } from "./model-state.ts";

/** Plain balance among the sources, or a grant. */
export type Source = ModelGrant | "plain";

/** Where an amount came from. */
export interface Draw {
  plain: bigint;
  readonly parts: Map<number, bigint>;
}

const plainPlace = { priority: 50, expiresMs: Number.POSITIVE_INFINITY, sequence: 0 };

/** Everything that burns, in order: priority, soonest end, oldest; plain balance never ends and is the oldest. */
export function sourcesOf({ grants }: ModelState): Source[] {
  const place = (source: Source) => (source === "plain" ? plainPlace : source);
  return [...grants, "plain" as const].sort((one, other) => {
    const [a, b] = [place(one), place(other)];
    if (a.priority !== b.priority) return a.priority - b.priority;
    if (a.expiresMs !== b.expiresMs) return a.expiresMs - b.expiresMs;
    return a.sequence - b.sequence;
  });
}

export function isDue({ nowMs }: ModelState, { expiresMs }: { readonly expiresMs: number }): boolean {
  return expiresMs <= nowMs;
}

/** Takes what is free, in burn-down order; the rest is plain, on credit. */
export function draw(state: ModelState, amount: bigint): Draw {
  const drawn: Draw = { plain: 0n, parts: new Map() };
  let left = amount;
  for (const source of sourcesOf(state)) {
    if (source === "plain") {
      const taken = least(left, state.plainFree < 0n ? 0n : state.plainFree);
      state.plainFree -= taken;
      drawn.plain += taken;
      left -= taken;
    } else {
      const taken = least(left, source.free);
      source.free -= taken;
      left -= taken;
      if (taken > 0n) drawn.parts.set(source.sequence, taken);
    }
  }
  state.plainFree -= left;
  drawn.plain += left;
  return drawn;
}

/** Pays plain debt from what is free of grants. */
export function cover(state: ModelState): void {
  for (const grant of sourcesOf(state)) {
    const debt = -(state.plainFree + state.plainHeld);
    if (grant === "plain" || debt <= 0n) continue;
    const paid = least(debt, grant.free);
    grant.free -= paid;
    state.plainFree += paid;
  }
}

/** What is free of a grant that is over expires, as an entry of its own. */
export function expireGrant(state: ModelState, grant: ModelGrant): boolean {
  if (!isDue(state, grant) || grant.free === 0n) return false;
  const amount = grant.free;
  grant.free = 0n;
  grant.expired += amount;
  state.expired += amount;
  appendEntry(state, { amount: -amount });
  return true;
}

export function expireGrants(state: ModelState): void {
  for (const source of sourcesOf(state)) if (source !== "plain") expireGrant(state, source);
}

/** Frees what a hold had of a grant; it expires with a grant that is over. */
export function giveBack(state: ModelState, grant: ModelGrant, amount: bigint): void {
  if (isDue(state, grant)) {
    grant.expired += amount;
    state.expired += amount;
  } else grant.free += amount;
}

/** Gives back what was spent or reversed; of a grant that is over the purchased part goes to plain balance. */
export function restore(state: ModelState, grant: ModelGrant, amount: bigint): void {
  if (isDue(state, grant) && grant.kind === "PURCHASED") state.plainFree += amount;
  else giveBack(state, grant, amount);
}

export function grantOf({ grants }: ModelState, sequence: number): ModelGrant {
  const grant = grants.find((each) => each.sequence === sequence);
  if (grant === undefined) throw new Error(`no grant ${sequence}`);
  return grant;
}

export function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
