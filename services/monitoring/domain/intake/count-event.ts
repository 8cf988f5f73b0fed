import {
  type CreditSource,
  ledgerCounters as counters,
  creditSources,
} from "../metrics/definitions/ledger-metrics.ts";
import { countFigure, type Figure, figureOfAtoms, lesserFigure } from "../metrics/figure.ts";
import { encodeLabels } from "../metrics/metric-definition.ts";
import type { SeriesChange } from "../metrics/shard-writer.ts";
import { type AccountState, creditedAtoms, netOf } from "./account-state.ts";
import type { EventLeg, LedgerEvent } from "./ledger-event.ts";

type Counter = (typeof counters)[keyof typeof counters];
type Labels = Readonly<Record<string, string>>;

/** Takes what an event adds to the series of the system and of its account. */
interface Tally {
  /** One more. */
  one(counter: Counter, labels: Labels): void;
  /** An amount, if it is above 0. */
  add(counter: Counter, labels: Labels, atoms: bigint): void;
}

/** What an event adds to a counter. */
export type CounterChange = SeriesChange<"counter">;

/** What an event adds to the series. Sums are in the account's currency, each event at its own time. */
export function countEvent(event: LedgerEvent, { currencyCode, ledgerScale }: AccountState): CounterChange[] {
  const changes: CounterChange[] = [];
  const note = (counter: Counter, labels: Labels, point: Figure) => {
    const change = { definition: counter, labels: encodeLabels(counter, labels), atMs: event.atMs, point };
    changes.push({ ...change, accountId: undefined });
    if (counter.perAccount) changes.push({ ...change, accountId: event.accountId });
  };
  note(counters.entries, { type: event.type }, countFigure(1));
  const tally: Tally = {
    one: (counter, labels) => note(counter, { currency: currencyCode, ...labels }, countFigure(1)),
    add(counter, labels, atoms) {
      if (atoms > 0n) note(counter, { currency: currencyCode, ...labels }, figureOfAtoms(atoms, ledgerScale));
    },
  };
  countSpending(event, tally);
  countHold(event, tally);
  countMoneyIn(event, tally);
  tally.add(counters.expired, {}, netOf(event.legs, "expired"));
  tally.add(counters.uncollected, {}, event.uncollectedAtoms);
  if (event.type === "ACCOUNT_CREATED") tally.one(counters.accountsCreated, {});
  if (event.type === "ACCOUNT_CLOSED") tally.one(counters.accountsClosed, {});
  return changes;
}

function countSpending({ type, legs }: LedgerEvent, { one, add }: Tally): void {
  const spent = legs.filter(({ column }) => column === "spent");
  if (type === "REFUND") {
    one(counters.refunds, {});
    for (const [kind, atoms] of byKind(spent)) add(counters.refunded, { kind }, -atoms);
    return;
  }
  if (type === "CHARGE") one(counters.charges, { settlement: "charge" });
  if (type === "COMMIT") one(counters.charges, { settlement: "commit" });
  if (type === "HOLD_EXPIRED" && spent.length > 0) one(counters.charges, { settlement: "expiry" });
  for (const [kind, atoms] of byKind(spent)) add(counters.spent, { kind }, atoms);
}

const settledBy: Partial<Readonly<Record<LedgerEvent["type"], string>>> = {
  COMMIT: "committed",
  RELEASE: "released",
  HOLD_EXPIRED: "expired",
};

function countHold({ type, legs, openHoldsChange }: LedgerEvent, { one, add }: Tally): void {
  const reserved = netOf(legs, "reserved");
  if (type === "RESERVE") one(counters.holds, { event: "opened" });
  if (type === "EXTEND") one(counters.holds, { event: "extended" });
  const ending = settledBy[type];
  if (ending !== undefined && openHoldsChange === -1) one(counters.holds, { event: ending });
  add(counters.held, {}, reserved);
  if (reserved < 0n) {
    const spent = netOf(legs, "spent");
    // What was spent beyond the hold did not come from it.
    const captured = lesserFigure(spent, -reserved);
    add(counters.captured, {}, captured);
    add(counters.freed, {}, -reserved - captured);
  }
}

function countMoneyIn(event: LedgerEvent, { one, add }: Tally): void {
  const atoms = creditedAtoms(event);
  switch (event.type) {
    case "CREDIT": {
      const source = toSource(event.source);
      const kind = event.legs.find(({ column }) => column === "external")?.kind ?? "purchased";
      one(counters.topUps, { source, kind });
      add(counters.credited, { source, kind }, atoms);
      return;
    }
    case "CREDIT_REVERSED":
      add(counters.reversed, { direction: "down" }, -atoms);
      add(counters.reversed, { direction: "up" }, atoms);
      return;
    case "ADJUSTMENT":
      add(counters.adjusted, { direction: "up" }, atoms);
      add(counters.adjusted, { direction: "down" }, -atoms);
      return;
    default:
  }
}

function byKind(legs: readonly EventLeg[]): Map<EventLeg["kind"], bigint> {
  const sums = new Map<EventLeg["kind"], bigint>();
  for (const { kind, amountAtoms } of legs) sums.set(kind, (sums.get(kind) ?? 0n) + amountAtoms);
  return sums;
}

function toSource(source: string): CreditSource {
  return creditSources.find((known) => known === source) ?? "other";
}
