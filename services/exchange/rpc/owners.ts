import type { ResourceOwners } from "#platform/access/ownership.ts";
import { quoteNotFound } from "../domain/quote-not-found.ts";

/** The accounts of the resources that requests name. No quote exists, so none belongs to an account. */
export const exchangeOwners: ResourceOwners = {
  quoteId: { accountOf: () => undefined, notFound: quoteNotFound },
};
