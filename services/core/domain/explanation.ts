import type { PricedUsage } from "#gen/billing/type/v1/priced_usage_pb.ts";
import { ServiceError } from "#platform/errors/service-error.ts";
import { type AmountDerivation, deriveAmount, sumOfPrices } from "./amount-derivation.ts";
import { decodeMemo, type Memo, type MemoSource } from "./memo.ts";
import type { Rating } from "./rating.ts";
import type { LedgerUnit } from "./results.ts";
import type { Transaction, TransactionType } from "./transaction.ts";

/** Whether what is derived anew equals what was booked. */
export type DerivationCheck = "MATCHES" | "DIFFERS" | "UNAVAILABLE";

/** Why a transaction has its amount. */
export interface Explanation {
  readonly memo: Memo;
  readonly derivation: AmountDerivation | undefined;
  readonly check: DerivationCheck | undefined;
}

/** The amount that a derivation must give, by what happened. */
const derivedAtoms: Partial<Record<TransactionType, (transaction: Transaction) => bigint>> = {
  CREDIT: ({ amountAtoms }) => amountAtoms,
  CHARGE: ({ amountAtoms }) => -amountAtoms,
  COMMIT: ({ amountAtoms, uncollectedAtoms }) => uncollectedAtoms - amountAtoms,
  RESERVE: ({ legs }) =>
    legs
      .filter(({ column }) => column === "reserved")
      .reduce((sum, { amountAtoms }) => sum + amountAtoms, 0n),
};

/** The derivation as it was stored, without asking anybody; undefined where no amount was derived. */
export function storedDerivation(
  transaction: Transaction,
  { source }: Memo = decodeMemo(transaction.memo),
): AmountDerivation | undefined {
  const booked = derivedAtoms[transaction.type]?.(transaction);
  return source === undefined || booked === undefined ? undefined : { ...source, amountAtoms: booked };
}

/**
 * Derives the amount of a transaction anew: usage priced by the stored versions, converted at the stored
 * rate, rounded as then. If Pricing cannot be asked the stored derivation is shown and said to be unchecked.
 */
export async function explain(
  rating: Rating,
  transaction: Transaction,
  unit: LedgerUnit,
): Promise<Explanation> {
  const memo = decodeMemo(transaction.memo);
  const stored = storedDerivation(transaction);
  if (stored === undefined || memo.source === undefined)
    return { memo, derivation: undefined, check: undefined };
  let priced: PricedUsage[];
  try {
    priced = await repriceAsStored(rating, memo, memo.source);
  } catch (error) {
    if (error instanceof ServiceError && error.reason === "PEER_UNAVAILABLE")
      return { memo, derivation: stored, check: "UNAVAILABLE" };
    throw error;
  }
  const source =
    priced.length === 0
      ? { currency: memo.source.sourceCurrency, amount: memo.source.sourceAmount }
      : sumOfPrices(priced);
  const derivation = deriveAmount(source, priced, memo.source.rate, unit, memo.source.roundingMode);
  return { memo, derivation, check: derivation.amountAtoms === stored.amountAtoms ? "MATCHES" : "DIFFERS" };
}

function repriceAsStored(rating: Rating, memo: Memo, source: MemoSource): Promise<PricedUsage[]> {
  // The time that selected the version is with the price; the usage is kept as it was sent.
  const usages = memo.usages.map((usage, index) => {
    const at = source.pricedUsages[index]?.at;
    return at === undefined ? usage : { ...usage, at };
  });
  return rating.reprice(
    usages,
    source.pricedUsages.map(({ priceVersion }) => priceVersion),
  );
}
