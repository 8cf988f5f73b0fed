import { expireGrants } from "./burn-down.ts";
import { appendEntry, type ModelState, postedOf, Refused } from "./model-state.ts";

export function setFreeze(state: ModelState, reason: string, adds: boolean): string {
  if (state.closed) throw new Refused("ACCOUNT_CLOSED");
  if (state.freezes.includes(reason) === adds) return describeAccount(state, "unchanged");
  state.freezes = adds ? [...state.freezes, reason] : state.freezes.filter((each) => each !== reason);
  appendEntry(state);
  return describeAccount(state);
}

export function update(state: ModelState, limit: bigint, stale: boolean): string {
  if (state.closed) throw new Refused("ACCOUNT_CLOSED");
  if (stale) throw new Refused("VERSION_MISMATCH");
  if (state.creditLimit === limit) return describeAccount(state, "unchanged");
  state.creditLimit = limit;
  state.configVersion += 1;
  appendEntry(state);
  return describeAccount(state);
}

export function close(state: ModelState, version: "any" | "right" | "stale"): string {
  if (state.closed) return describeAccount(state, "unchanged");
  if (version === "stale") throw new Refused("VERSION_MISMATCH");
  expireGrants(state);
  const open = state.holds.some((hold) => hold.state === "HELD");
  if (postedOf(state) !== 0n || open) throw new Refused("ACCOUNT_NOT_EMPTY");
  state.closed = true;
  state.freezes = [];
  appendEntry(state);
  return describeAccount(state);
}

function describeAccount(state: ModelState, outcome = "ok"): string {
  const { closed, freezes, configVersion, creditLimit } = state;
  const name = closed ? "CLOSED" : freezes.length > 0 ? "FROZEN" : "ACTIVE";
  return `${outcome} ${name} ${freezes.join("+")} v${configVersion} limit=${creditLimit}`;
}
