import { ExchangeError } from "./exchange-error.ts";

/** The refusal of a quote that does not exist, and so of a foreign one: they look alike. */
export function quoteNotFound(): ExchangeError {
  return new ExchangeError("QUOTE_NOT_FOUND", "there is no such quote for this account");
}
