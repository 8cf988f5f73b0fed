import type { SetAside } from "../../store/intake/set-aside.ts";
import type { AccountCrossing } from "../account-alerts/account-crossing.ts";
import { type DetectionRules, detectCrossings } from "../account-alerts/detect-crossings.ts";
import type { Figure } from "../metrics/figure.ts";
import { type AccountState, advance } from "./account-state.ts";
import { type CounterChange, countEvent } from "./count-event.ts";
import type { LedgerEvent } from "./ledger-event.ts";
import { addLevels, type LedgerLevels } from "./ledger-levels.ts";
import type { CounterTotals } from "./shard-state.ts";

/** What was counted and is not yet written. */
export interface Batch {
  readonly changes: CounterChange[];
  readonly accounts: Map<string, AccountState>;
  readonly levels: LedgerLevels;
  readonly crossings: AccountCrossing[];
  /** Accounts that moved money, with the time of their last event. */
  readonly active: Map<string, number>;
  /** What could not be counted. */
  readonly setAside: SetAside[];
}

/** Nothing yet. */
export function newBatch(): Batch {
  return {
    ...{ changes: [], accounts: new Map(), levels: new Map(), crossings: [] },
    ...{ active: new Map(), setAside: [] },
  };
}

/** The totals that the changes of the system's series lead to. */
export function addTotals(totals: CounterTotals, changes: readonly CounterChange[]): Map<string, Figure> {
  const added = new Map<string, Figure>();
  for (const { definition, labels, accountId, point } of changes) {
    if (accountId !== undefined) continue;
    const series = `${definition.name} ${labels}`;
    added.set(series, (added.get(series) ?? totals.get(series) ?? 0n) + point);
  }
  return added;
}

/** Counts an event of an account that stood as `before`. */
export function countInto(
  batch: Batch,
  shardLevels: LedgerLevels,
  before: AccountState,
  event: LedgerEvent,
  rules: DetectionRules,
): void {
  batch.changes.push(...countEvent(event, before));
  const { currencyCode } = before;
  if (!batch.levels.has(currencyCode))
    batch.levels.set(currencyCode, new Map(shardLevels.get(currencyCode) ?? []));
  addLevels(batch.levels, before, event);
  const { state, crossings } = detectCrossings(advance(before, event), event, rules);
  batch.accounts.set(event.accountId, state);
  batch.crossings.push(...crossings);
  if (event.legs.length > 0) batch.active.set(event.accountId, event.atMs);
}
