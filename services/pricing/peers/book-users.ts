import type { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import type { ServiceClient } from "#platform/client/service-client.ts";
import type { BookUsers } from "../domain/catalogue/book-editor.ts";

/** Pages of a filtered list that may all be empty before the end. */
const mostPages = 10_000;

/** Asks Core which accounts name a book. */
export function createBookUsers(
  core: Pick<ServiceClient<typeof BillingCoreService>, "listAccounts">,
): BookUsers {
  return {
    async hasAccountsOf(priceBook) {
      let pageToken = "";
      for (let page = 0; page < mostPages; page++) {
        const { accounts, nextPageToken } = await core.listAccounts({
          priceBook,
          pageSize: 1_000,
          pageToken,
        });
        // A Core that does not know the filter answers with every account.
        if (accounts.some(({ account }) => account?.priceBook === priceBook)) return true;
        if (nextPageToken === "") return false;
        pageToken = nextPageToken;
      }
      throw new Error("the list of accounts has no end");
    },
  };
}
