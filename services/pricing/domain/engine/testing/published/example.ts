import { priced, termsOf, usageOf } from "../../../../testing/terms.ts";
import type { PriceTerms, Transform } from "../../../price-terms.ts";
import { termsOfTokenRates } from "../../../token-rates.ts";
import type { Usage } from "../../usage.ts";

/** Its name, its terms, what is used, and the exact total that its source states. */
export type Example = readonly [name: string, terms: PriceTerms, usage: Usage, total: string];
export const units = (quantity: string) => usageOf({ units: quantity });
export const of = (model: Parameters<typeof priced>[1], others: Parameters<typeof priced>[2] = {}) =>
  termsOf([priced("units", model, others)]);
export const each = (unitAmount: string, per = "1") => ({ kind: "per_unit", unitAmount, per }) as const;
export const flat = (amount: string) => ({ kind: "flat", amount, occurrence: "per_usage" }) as const;
export const blocksOf = (divideBy: string): Transform => ({ multiplyBy: "1", divideBy, rounding: "up" });
export const tokenPrice = (rates: Record<string, string | Record<string, string>>) =>
  termsOfTokenRates(
    "USD",
    "1000000",
    Object.fromEntries(
      Object.entries(rates).map(([meter, rate]) => [
        meter,
        typeof rate === "string" ? { standard: rate } : rate,
      ]),
    ),
  );
export const packages = (packageSize: string, packageAmount: string, freeUnits = "0") =>
  of({ kind: "packages", packageSize, packageAmount }, { freeUnits });

/** Examples by the source that published them. */
export type PublishedExamples = Readonly<Record<string, readonly Example[]>>;
