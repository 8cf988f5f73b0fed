import type { ResourceOwners } from "#platform/access/ownership.ts";
import { quoteNotFound } from "../domain/conversion/quote.ts";
import type { Quotes } from "../domain/conversion/quotes.ts";

/** The accounts of the resources that requests name. */
export function exchangeOwners(quotes: Quotes): ResourceOwners {
  return {
    quoteId: {
      accountOf: async (quoteId) => (await quotes.find(quoteId))?.accountId,
      notFound: quoteNotFound,
    },
  };
}
