/** Parts of requests of SimulatePrice. */
import type { unitTerms } from "./unit-terms.ts";

export const given = (...usages: Array<{ priceId: string; quantities: Record<string, string> }>) => ({
  case: "givenUsage" as const,
  value: { usages },
});
export const ofAccount = (others: object = {}) => ({
  case: "accountUsage" as const,
  value: { accountId: "acme", ...others },
});
export const draft = (priceId: string, terms: ReturnType<typeof unitTerms>) => ({
  case: "draft" as const,
  value: { priceId, terms },
});
export const units = (priceId: string, quantity: string) => ({ priceId, quantities: { units: quantity } });
