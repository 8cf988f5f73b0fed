import { Decimal } from "#money/decimal.ts";

/** Up to which amounts adjustments need no second key, by currency. */
export interface ApprovalLimits {
  /** Whether a correction of this size, in either direction, needs a second key. */
  requireApproval(currencyCode: string, amount: Decimal): boolean;
}

const limitForm = /^([A-Z][A-Z0-9_]{1,15}|\*)=(.+)$/;

/**
 * Reads limits such as `USD=1000,EUR=900,*=0`. `*` stands for every currency that is not named; without it, and
 * for an empty text, those need no second key.
 *
 * @throws Error saying which part is wrong.
 */
export function parseApprovalLimits(text: string): ApprovalLimits {
  const limits = new Map<string, Decimal>();
  for (const part of text === "" ? [] : text.split(",")) {
    const [, currencyCode = "", amount = ""] = limitForm.exec(part.trim()) ?? [];
    if (currencyCode === "") throw new Error(`"${part}" is not of the form USD=1000`);
    if (limits.has(currencyCode)) throw new Error(`${currencyCode} is named twice`);
    const limit = Decimal.parse(amount);
    if (limit.isNegative()) throw new Error(`the limit of ${currencyCode} is negative`);
    limits.set(currencyCode, limit);
  }
  return {
    requireApproval(currencyCode, amount) {
      const limit = limits.get(currencyCode) ?? limits.get("*");
      const size = amount.isNegative() ? amount.negate() : amount;
      return limit !== undefined && size.compare(limit) > 0;
    },
  };
}
