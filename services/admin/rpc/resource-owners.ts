import type { ResourceOwners } from "#platform/access/ownership.ts";
import { AdminError } from "../domain/admin-error.ts";

/** Whose the resources in requests are. No payment is kept, so none belongs to anybody. */
export const resourceOwners: ResourceOwners = {
  paymentId: {
    accountOf: () => undefined,
    notFound: () => new AdminError("PAYMENT_NOT_FOUND", "there is no such payment"),
  },
};
