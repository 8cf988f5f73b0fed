/** Terms of token rates, and what usage under them costs. */
import { Decimal } from "#money/decimal.ts";
import { type TokenRates, termsOfTokenRates } from "../../token-rates.ts";

export const million = Decimal.parse("1000000");
export const tokens = (rates: TokenRates) => termsOfTokenRates("USD", "1000000", rates);
export const flat = (rates: Record<string, string>) =>
  tokens(Object.fromEntries(Object.entries(rates).map(([meter, standard]) => [meter, { standard }])));
