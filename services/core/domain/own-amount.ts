import { fromAtoms, toAtoms } from "#money/atoms.ts";
import type { RatedAmount, RequestedPrice } from "./rating.ts";
import type { LedgerUnit } from "./results.ts";

/**
 * What a price comes to that needs neither Pricing nor Exchange: an amount of 0 or more in the account's own
 * currency. Undefined for any other, also for one that is no good: rating says why.
 */
export function ownAmount(price: RequestedPrice, unit: LedgerUnit): RatedAmount | undefined {
  if (price.kind !== "amount" || price.quoteId !== "") return undefined;
  const { currencyCode, amount } = price.money;
  if (currencyCode !== unit.currencyCode) return undefined;
  const amountAtoms = atomsOrNone(amount, unit.ledgerScale);
  if (amountAtoms === undefined || amountAtoms < 0n) return undefined;
  return {
    sourceCurrency: currencyCode,
    sourceAmount: fromAtoms(amountAtoms, unit.ledgerScale),
    pricedUsages: [],
    rate: undefined,
    roundingMode: "up",
    amountAtoms,
    quote: undefined,
  };
}

function atomsOrNone(amount: string, scale: number): bigint | undefined {
  try {
    return toAtoms(amount, scale);
  } catch {
    return undefined;
  }
}
