import { Decimal } from "#money/decimal.ts";

/** What was used, to be priced. */
export interface Usage {
  readonly priceId: string;
  /** Quantity by meter, ≥ 0. */
  readonly quantities: ReadonlyMap<string, Decimal>;
  readonly attributes: ReadonlyMap<string, string>;
  /** Quantity by meter already billed in the period. */
  readonly priorQuantities: ReadonlyMap<string, Decimal>;
  /** Number of single events. */
  readonly eventCount: number;
  /** When the usage began, epoch milliseconds; undefined means now. */
  readonly atMs: number | undefined;
  /** When it ended, epoch milliseconds; undefined means when it began. */
  readonly endedAtMs: number | undefined;
}

/** The quantity of a meter; one that the usage does not name counts as 0. */
export function quantityOf(usage: Usage, meter: string): Decimal {
  return usage.quantities.get(meter) ?? Decimal.zero;
}
