import { Decimal } from "#money/decimal.ts";

/** What was used, to be priced. */
export interface Usage {
  readonly priceId: string;
  /** Quantity by meter, ≥ 0. */
  readonly quantities: ReadonlyMap<string, Decimal>;
  readonly attributes: ReadonlyMap<string, string>;
  /** Single events, in their order. */
  readonly events: readonly UsageEvent[];
  /** Quantity by meter already billed in the period. */
  readonly priorQuantities: ReadonlyMap<string, Decimal>;
  /** Amount already billed in the period, in the price's currency. */
  readonly priorBilled: Decimal;
  /** When the usage began, epoch milliseconds. */
  readonly atMs: number;
  /** When it ended, epoch milliseconds; undefined means when it began. */
  readonly endedAtMs: number | undefined;
}

/** One event within a usage. */
export interface UsageEvent {
  readonly quantities: ReadonlyMap<string, Decimal>;
  /** What a percentage applies to, in the price's currency. */
  readonly amount: Decimal;
  /** Epoch milliseconds; undefined means when the usage began. */
  readonly atMs: number | undefined;
}

/** The quantity of a meter; one that the usage does not name counts as 0. */
export function quantityOf(usage: Usage, meter: string): Decimal {
  return usage.quantities.get(meter) ?? Decimal.zero;
}

/** The sum of the events' amounts. */
export function sumOfAmounts(events: readonly UsageEvent[]): Decimal {
  return events.reduce((sum, { amount }) => sum.add(amount), Decimal.zero);
}
