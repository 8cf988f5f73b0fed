import type { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import type { ServiceClient } from "#platform/client/service-client.ts";

/** A page of a filtered list may be empty; this many are more than any number of accounts needs. */
const mostPages = 10_000;

/**
 * Whether Core has an account in a currency.
 *
 * @throws CommonError PEER_UNAVAILABLE.
 */
export async function hasAccounts(
  core: ServiceClient<typeof BillingCoreService>,
  currencyCode: string,
): Promise<boolean> {
  let pageToken = "";
  for (let page = 0; page < mostPages; page++) {
    const { accounts, nextPageToken } = await core.listAccounts({ currencyCode, pageSize: 1_000, pageToken });
    if (accounts.length > 0) return true;
    if (nextPageToken === "") return false;
    pageToken = nextPageToken;
  }
  throw new Error("Core's list of accounts does not end");
}
